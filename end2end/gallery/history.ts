// A month of verifications for the operators' statistics, written into the app's database: the app has no
// past of its own when a picture is taken. Needs the program `sqlite3`.
import { execFileSync } from 'node:child_process';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What each stage keeps of those who viewed the page, and each language's part of the people. */
const stages = { viewed: 1, clicked: 0.86, opened: 0.83, submitted: 0.7, completed: 0.69, decided: 0.66 };
const languages = { en: 46, es: 19, 'pt-BR': 9, de: 8, fr: 5, ar: 3, '': 2 };
const failures = { 'inquiry failed': 4, 'inquiry expired': 3, 'inquiry declined': 1.5, unavailable: 1, timeout: 0.4 };

/** The same wave in each run: a quiet weekend, and days that differ. */
const wave = (day: number) => (day % 7 < 2 ? 0.45 : 1) * (1 + 0.25 * Math.sin(day * 2.3));

/** Fills the last 30 days of an app's database. */
export function fillHistory(database: string): void {
  const today = Math.floor(Date.now() / DAY_MS);
  const statements: string[] = [];
  for (let day = today - 29; day <= today; day += 1) {
    for (const [language, people] of Object.entries(languages) as [keyof typeof languages, number][]) {
      for (const [stage, share] of Object.entries(stages)) {
        const count = Math.round(people * share * wave(day));
        statements.push(
          `INSERT INTO funnel_days VALUES (${day}, '${stage}', '${language}', ${count})
            ON CONFLICT (day, stage, language) DO UPDATE SET people = people + excluded.people;`,
        );
      }
      for (const [index, [cause, often]] of Object.entries(failures).entries()) {
        const count = Math.round((often * people * wave(day * 3 + index)) / 60);
        if (count > 0) {
          statements.push(`INSERT OR REPLACE INTO failure_days VALUES (${day}, '${cause}', '${language}', ${count});`);
        }
      }
      statements.push(...decisions(day, language));
    }
  }
  const sql = `BEGIN IMMEDIATE;\n${statements.join('\n')}\nCOMMIT;\n`;
  execFileSync('sqlite3', ['-bail', '-cmd', '.timeout 10000', database], { input: sql });
}

/** A few decisions of the day, most within a minute, some by a reviewer. */
function decisions(day: number, language: keyof typeof languages): string[] {
  return Array.from({ length: Math.ceil(languages[language] / 8) }, (_, index) => {
    const user = `usr_history-${day}-${language}-${index}`;
    const completed = day * DAY_MS + index * 60_000;
    const seconds = index === 5 ? 1_500 + 900 * wave(day) : 25 + 40 * wave(day + index);
    const decided = completed + Math.round(seconds * 1_000);
    return `INSERT INTO users (id, profile, created_at) VALUES ('${user}', x'', ${completed});
      INSERT INTO funnel_people VALUES (${day - 60}, 'viewed', '${user}', '${language}');
      INSERT INTO inquiries (id, user_id, status, created_at, seen_at, completed_at, decided_at, redacted_at)
        VALUES ('inq_${user}', '${user}', 'approved', ${completed}, ${decided}, ${completed}, ${decided}, ${decided});`;
  });
}
