// Lets people see the password they type. Without script the button stays hidden.
(() => {
  for (const button of document.querySelectorAll('.show-password')) {
    const input = document.getElementById(button.getAttribute('aria-controls'));
    const labels = { password: button.textContent, text: button.dataset.hide };
    const show = (type) => {
      input.type = type;
      button.textContent = labels[type];
    };
    button.addEventListener('click', () => show(input.type === 'password' ? 'text' : 'password'));
    // Browsers offer to save a password of a password field only, and keep what others hold.
    input.form.addEventListener('submit', () => show('password'));
    // A page from the back/forward cache may be looked at by somebody else.
    addEventListener('pagehide', () => show('password'));
    button.classList.add('is-ready');
  }
})();
