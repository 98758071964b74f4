// The tutorial's algorithm on Express with undici: one user, no sessions, no database.
import express from 'express';

import { getOrCreate } from './persona.js';

const user = {
  id: 'usr_ABC123',
  first_name: 'Alexander',
  last_name: 'Sample',
  birthdate: '1977-08-31',
};

const app = express();
app.disable('x-powered-by');
app.get('/healthz', (request, response) => response.send('ok'));
app.post('/api/inquiries/get-or-create', async (request, response) => {
  response.json(await getOrCreate(user));
});
app.listen(Number(process.env.PORT), '127.0.0.1');
