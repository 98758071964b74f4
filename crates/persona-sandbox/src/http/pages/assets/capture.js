// Choosing an image: the sample, a file or the camera. Shared by the widget and the hosted flow.
// No image leaves the browser: files have no field name and photos stay in a canvas.

let stream = null;

/** Ends the camera, if it runs. */
export function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
}

/**
 * Makes the choice of an image on the present screen work.
 * `notify(name, metadata)` hears what the person does, in the SDK's event names.
 */
export function prepareSources(notify) {
  stopCamera();
  const form = document.getElementById("step-form");
  const video = document.getElementById("viewfinder");
  if (!form || !video) return;

  const { subject } = form.dataset;
  const file = document.getElementById("file");
  const status = document.getElementById("camera-status");
  const button = document.getElementById("camera-button");
  const canvas = document.getElementById("captured");

  const choose = (source) => {
    const radio = form.querySelector(`input[name=source][value=${source}]`);
    radio.checked = true;
  };

  const rest = () => {
    stopCamera();
    video.hidden = true;
    button.textContent = button.dataset.again;
  };

  const start = async () => {
    let opened;
    try {
      opened = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch {
      rest();
      choose("sample");
      status.textContent = status.dataset.refused;
      notify("load-camera-failed", {});
      return;
    }
    const wanted = form.isConnected && form.elements.source.value === "camera";
    if (!wanted || stream) {
      // The person moved on while the browser asked for permission.
      opened.getTracks().forEach((track) => track.stop());
      return;
    }
    stream = opened;
    status.textContent = "";
    canvas.hidden = true;
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    button.textContent = button.dataset.capture;
  };

  const capture = () => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.hidden = false;
    rest();
    status.textContent = status.dataset.captured;
    notify(`${subject}-camera-capture`, {});
  };

  form.addEventListener("change", (event) => {
    if (event.target === file) {
      if (file.files.length) notify(`${subject}-upload`, {});
      return;
    }
    if (event.target.name !== "source") return;
    status.textContent = "";
    if (file) file.required = event.target.value === "upload";
    if (event.target.value === "camera") {
      notify(`${subject}-camera-select`, {});
      start();
    } else {
      rest();
    }
  });
  button.addEventListener("click", () => (stream ? capture() : start()));
}
