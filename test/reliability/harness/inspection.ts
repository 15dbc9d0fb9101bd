import { readFileSync } from 'node:fs';
import type { Member } from './member';

/**
 * Who ended without being asked to, and who lives and does not become ready (I6).
 *
 * @param patienceMs - for each to become ready; unit ms.
 */
export async function badMembersOf(
  members: readonly Member[],
  patienceMs: number,
): Promise<readonly string[]> {
  const ended = members.filter(({ exit, signalled }) => exit !== null && signalled === null);
  const bad = ended.map(({ name, exit }) => `${name} ended with ${exit?.code ?? exit?.signal}`);
  for (const member of members.filter(({ isAlive }) => isAlive)) {
    const isReady = await member.whenReady(patienceMs).catch(() => null);
    if (isReady === null && member.isAlive) bad.push(`${member.name} is not ready`);
  }
  return bad;
}

/** Ends all by SIGTERM. @returns those whose drain was not clean (I7). */
export async function drainAll(members: readonly Member[]): Promise<readonly string[]> {
  const exits = await Promise.all(members.map((member) => member.stop('SIGTERM')));
  return members.flatMap(({ name, leftOver }, index) => {
    const code = exits[index]?.code ?? null;
    if (code !== 0) return [`${name} ended with ${code}`];
    return leftOver.length > 0 ? [`${name} left ${leftOver.join(' ')}`] : [];
  });
}

/** What the members show to anybody, by where it is. */
export async function pagesOf(members: readonly Member[]): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const { url, name } of members) {
    for (const path of ['/metrics', '/health', '/readyz']) {
      const answer = await fetch(`${url}${path}`).catch(() => null);
      pages.set(`${path} of ${name}`, (await answer?.text()) ?? '');
    }
  }
  return pages;
}

/** Places, logs among them, that hold a text of an event (I9). */
export function leaksOf(
  text: string,
  members: readonly Member[],
  pages: ReadonlyMap<string, string>,
): readonly string[] {
  const logs = members.map(({ name, logFile }) => [name, readFileSync(logFile, 'utf8')] as const);
  return [...pages, ...logs].flatMap(([place, shown]) => (shown.includes(text) ? [place] : []));
}
