// A store of express-session on better-sqlite3. Like ours it moves a session's end at most every five
// minutes: most stores write with every request.
import session from 'express-session';

const RENEW_AFTER_MS = 5 * 60_000;

export class SqliteStore extends session.Store {
  constructor(database) {
    super();
    this.find = database.prepare('SELECT data, touched_at FROM sessions WHERE id = ? AND expires_at > ?');
    this.save = database.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)');
    this.remove = database.prepare('DELETE FROM sessions WHERE id = ?');
    this.move = database.prepare('UPDATE sessions SET touched_at = ?, expires_at = ? WHERE id = ?');
  }

  get(id, callback) {
    const row = this.find.get(id, Date.now());
    if (!row) {
      return callback(null, null);
    }
    callback(null, { ...JSON.parse(row.data), touchedAt: row.touched_at });
  }

  set(id, data, callback) {
    const end = Date.now() + data.cookie.originalMaxAge;
    this.save.run(id, JSON.stringify(data), Date.now(), end);
    callback(null);
  }

  touch(id, data, callback) {
    if (data.touchedAt < Date.now() - RENEW_AFTER_MS) {
      this.move.run(Date.now(), Date.now() + data.cookie.originalMaxAge, id);
    }
    callback(null);
  }

  destroy(id, callback) {
    this.remove.run(id);
    callback(null);
  }
}
