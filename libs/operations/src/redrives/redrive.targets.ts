import type { AdminPort, ControlStore } from 'millrace/pipeline';
import type { AddressedLetter } from './redrive.judge';
import { RedriveTargetMissingError } from './redrive.errors';
import type { RedriveTarget } from './redrive.views';

export interface RedriveTargetsParts {
  readonly admin: () => Pick<AdminPort, 'describeTopics'>;
  readonly controls: Pick<ControlStore, 'reports'>;
}

const LANE = '.retry.0';

/**
 * Finds the lane of redrives that a group reads.
 *
 * What the group itself says of its topics counts; else the lane of the group, where there is one,
 * else the one of the topic.
 */
export class RedriveTargets {
  private readonly known = new Map<string, string>();
  private reported: ReadonlyMap<string, string> | null = null;

  constructor(private readonly parts: RedriveTargetsParts) {}

  /** @throws {RedriveTargetMissingError} REDRIVE_TARGET_MISSING when there is no such topic; retryable: no. */
  async of({ groupId, original }: AddressedLetter): Promise<RedriveTarget> {
    const key = JSON.stringify([original.topic, groupId]);
    const known = this.known.get(key);
    if (known !== undefined) return { topic: known, groupId };
    const topic = await this.find(original.topic, groupId, key);
    this.known.set(key, topic);
    return { topic, groupId };
  }

  /** Looks again whether the topics of all targets are there; refuses as {@link of} does. */
  async check(): Promise<void> {
    const topics = [...new Set(this.known.values())];
    const missing = await this.missing(topics);
    if (missing.length > 0) throw missingError(missing);
  }

  private async find(source: string, groupId: string, key: string): Promise<string> {
    this.reported ??= await this.readReports();
    const reported = this.reported.get(key);
    const candidates =
      reported === undefined ? [`${source}.${groupId}${LANE}`, `${source}${LANE}`] : [reported];
    const missing = await this.missing(candidates);
    const found = candidates.find((topic) => !missing.includes(topic));
    if (found === undefined) throw missingError(candidates.slice(-1), groupId);
    return found;
  }

  private async missing(topics: readonly string[]): Promise<readonly string[]> {
    if (topics.length === 0) return [];
    const described = await this.parts.admin().describeTopics(topics);
    return described.filter(({ exists }) => !exists).map(({ topic }) => topic);
  }

  /** By source topic and group; the newest word counts. */
  private async readReports(): Promise<ReadonlyMap<string, string>> {
    const reports = await this.parts.controls.reports();
    const lanes = new Map<string, string>();
    for (const { groups } of [...reports].sort((one, two) => Number(one.at) - Number(two.at))) {
      for (const { groupId, readers } of groups) {
        for (const { topic, retryTopics } of readers) {
          const lane = retryTopics.find((name) => name.endsWith(LANE));
          if (lane !== undefined) lanes.set(JSON.stringify([topic, groupId]), lane);
        }
      }
    }
    return lanes;
  }
}

function missingError(topics: readonly string[], groupId?: string): RedriveTargetMissingError {
  const whose = groupId === undefined ? '' : ` of group "${groupId}"`;
  return new RedriveTargetMissingError({
    message: `the records${whose} would go to ${topics.map((topic) => `"${topic}"`).join(', ')}, which does not exist`,
  });
}
