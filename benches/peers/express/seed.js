// node seed.js FILE SECRET USERS COOKIES: makes the database of sessions.js with this many signed-in
// users, and writes their cookies, one a line.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import { sign } from 'cookie-signature';

import { openDatabase } from './database.js';

const [file, secret, users, cookieFile] = process.argv.slice(2);
const database = openDatabase(file);
const insertUser = database.prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?)');
const insertSession = database.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?)');
const now = Date.now();
const week = 7 * 24 * 3_600_000;
const cookie = { originalMaxAge: week, expires: new Date(now + week), httpOnly: true, path: '/', sameSite: 'lax' };
const cookies = [];
database.transaction(() => {
  for (let number = 1; number <= Number(users); number++) {
    const userId = `usr_b${String(number).padStart(8, '0')}`;
    const id = createHash('sha256').update(userId).digest('base64url').slice(0, 32);
    insertUser.run(userId, 'Alexander', `Sample${number}`, '1977-08-31', now);
    insertSession.run(id, JSON.stringify({ cookie, userId }), now, now + week);
    cookies.push(`session=${encodeURIComponent(`s:${sign(id, secret)}`)}\n`);
  }
})();
database.close();
writeFileSync(cookieFile, cookies.join(''));
