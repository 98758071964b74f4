// The same with what a product needs, as ours has it: sessions and users in a database, and a row in
// the activity log for each click and each call. express-session and better-sqlite3.
import express from 'express';
import session from 'express-session';

import { openDatabase } from './database.js';
import { create, findUnfinished, resume } from './persona.js';
import { SqliteStore } from './session-store.js';

const database = openDatabase(process.env.DATABASE_FILE);
const findUser = database.prepare('SELECT * FROM users WHERE id = ?');
const findInquiry = database.prepare(
  'SELECT * FROM inquiries WHERE user_id = ? ORDER BY created_at DESC LIMIT 1',
);
const insertActivity = database.prepare(
  'INSERT INTO activity (user_id, inquiry_id, at, kind, what, failure, elapsed_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
);
// One transaction for the rows of a click.
const recordActivity = database.transaction((rows) => rows.forEach((row) => insertActivity.run(row)));

// Runs a click, and records it and its calls.
async function getOrCreate(user) {
  const begun = Date.now();
  const rows = [];
  let inquiryId = null;
  async function timed(kind, what, work) {
    const at = Date.now();
    try {
      const result = await work();
      rows.push([user.id, inquiryId, at, kind, what, null, Date.now() - at]);
      return result;
    } catch (error) {
      rows.push([user.id, inquiryId, at, kind, what, error.message, Date.now() - at]);
      throw error;
    }
  }
  try {
    return await timed('click', 'get or create', async () => {
      const found = await timed('call', 'list inquiries', () => findUnfinished(user));
      const inquiry = found ?? (await timed('call', 'create inquiry', () => create(user)));
      inquiryId = inquiry.id;
      const isPending = inquiry.attributes.status === 'pending';
      const token = isPending ? await timed('call', 'resume inquiry', () => resume(inquiryId)) : null;
      return { inquiry_id: inquiryId, session_token: token };
    });
  } finally {
    recordActivity(rows);
  }
}

const app = express();
app.disable('x-powered-by');
app.set('view engine', 'ejs');
app.set('views', new URL('./views', import.meta.url).pathname);
app.enable('view cache');
app.get('/healthz', (request, response) => response.send('ok'));
app.use(
  session({
    name: 'session',
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    store: new SqliteStore(database),
    cookie: { httpOnly: true, sameSite: 'lax', maxAge: 7 * 24 * 3_600_000 },
  }),
);
app.use((request, response, next) => {
  request.user = request.session.userId && findUser.get(request.session.userId);
  if (!request.user) {
    return response.status(401).json({ error: { code: 'signed_out' } });
  }
  next();
});
app.post('/api/inquiries/get-or-create', async (request, response) => {
  const { origin } = request.headers;
  if (origin && origin !== process.env.APP_BASE_URL) {
    return response.status(403).json({ error: { code: 'cross_origin' } });
  }
  response.json(await getOrCreate(request.user));
});
app.get('/onboarding', (request, response) => {
  const { user } = request;
  response.render('onboarding', { user, inquiry: findInquiry.get(user.id) });
});
app.listen(Number(process.env.PORT), '127.0.0.1');
