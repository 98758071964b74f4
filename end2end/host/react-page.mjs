// A React page as `persona-react`'s README has it.
import PersonaReact from 'persona-react';
import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

function Verification() {
  const [result, setResult] = useState(null);
  if (result) return createElement('p', { role: 'status' }, `${result.inquiryId} ${result.status}`);
  return createElement(PersonaReact, {
    templateId: 'itmpl_DogWalkersKYC',
    environmentId: 'env_DogWalkersSandbox',
    referenceId: 'usr_walker',
    onComplete: setResult,
    onError: (error) => console.error(error),
  });
}

createRoot(document.getElementById('root')).render(createElement(Verification));
