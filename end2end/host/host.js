// What a page of a team that uses Persona does, by its documentation: make a client, open it when
// it is ready, end it when it is over. It keeps every call of a callback, for the test to read.
'use strict';

const heard = [];

function keep(callback, argument) {
  heard.push({ callback, argument: argument === undefined ? null : structuredClone(argument) });
}

let client;

/** What the test calls with the options of `Persona.Client` that are plain data. */
window.openPersona = (options) => {
  client?.destroy();
  client = new Persona.Client({
    ...options,
    onLoad: () => keep('onLoad'),
    onReady: (metadata) => {
      keep('onReady', metadata);
      client.open();
    },
    onComplete: (result) => keep('onComplete', result),
    onCancel: (left) => keep('onCancel', left),
    onError: (error) => {
      keep('onError', error);
      // The SDK leaves its window hidden: a person should see what the flow says about it.
      client.open();
    },
    onEvent: (name, metadata) => keep(`onEvent:${name}`, metadata),
  });
};

window.heard = heard;

document.getElementById('verify').addEventListener('click', () => client?.open());
