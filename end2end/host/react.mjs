// A React app that shows the flow inline with `persona-react`, as its README has it.
// The test puts the component's plain options into `#options` of the address.
import PersonaReact from 'persona-react';
import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

const options = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const heard = [];
window.heard = heard;

function keep(callback, argument) {
  heard.push({ callback, argument: argument === undefined ? null : structuredClone(argument) });
}

function Verification() {
  const [result, setResult] = useState(null);
  if (result) return createElement('p', { role: 'status' }, `${result.inquiryId} ${result.status}`);
  return createElement(PersonaReact, {
    ...options,
    onLoad: () => keep('onLoad'),
    onReady: (metadata) => keep('onReady', metadata),
    onComplete: (finished) => {
      keep('onComplete', finished);
      setResult(finished);
    },
    onCancel: (left) => keep('onCancel', left),
    onError: (error) => keep('onError', error),
    onEvent: (name, metadata) => keep(`onEvent:${name}`, metadata),
  });
}

createRoot(document.getElementById('root')).render(createElement(Verification));
