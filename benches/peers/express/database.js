// The database of the peer with sessions: opened as ours is, WAL and durable commits.
import Database from 'better-sqlite3';

export function openDatabase(file) {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  // A click's rows in the activity log may be lost in a power failure, as ours may.
  database.pragma('synchronous = NORMAL');
  database.exec(`
    CREATE TABLE IF NOT EXISTS users (
      id TEXT PRIMARY KEY NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
      birthdate TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY NOT NULL, data TEXT NOT NULL, touched_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires_at);
    CREATE TABLE IF NOT EXISTS inquiries (
      id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL, status TEXT NOT NULL,
      created_at INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS inquiries_by_user ON inquiries (user_id, created_at);
    CREATE TABLE IF NOT EXISTS activity (
      number INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, inquiry_id TEXT,
      at INTEGER NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, failure TEXT,
      elapsed_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS activity_by_user ON activity (user_id, at);
    CREATE INDEX IF NOT EXISTS activity_by_time ON activity (at);
  `);
  return database;
}
