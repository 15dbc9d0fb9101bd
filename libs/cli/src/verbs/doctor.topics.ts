import type { Contract } from 'millrace/contracts';
import type { AdminPort, TopicDescription } from 'millrace/pipeline';
import { pipelineLib } from '../lazy';
import { fine, wrong } from './doctor.finding';
import type { Finding } from './doctor.finding';

/** Looks at the topics of the contracts, and at those that failed records go to. */
export async function topicFindings(
  admin: AdminPort,
  contracts: readonly Contract[],
): Promise<readonly Finding[]> {
  const { deadLetterTopicOf } = pipelineLib();
  const sources = [...new Set(contracts.map(({ topic }) => topic))];
  const names = sources.flatMap((topic) => [topic, deadLetterTopicOf(topic)]);
  const all = await admin.listTopics();
  const retries = all.filter((name) => sources.some((source) => isRetryTopicOf(source, name)));
  const described = await admin.describeTopics([...names, ...retries]);
  const byName = new Map(described.map((description) => [description.topic, description]));
  return sources.flatMap((source) => {
    const own = byName.get(source);
    const others = [
      deadLetterTopicOf(source),
      ...retries.filter((name) => isRetryTopicOf(source, name)),
    ];
    return [
      sourceFinding(source, own, contracts),
      ...others.map((name) => failureFinding(name, byName.get(name), own)),
    ];
  });
}

const isRetryTopicOf = (source: string, name: string) =>
  name.startsWith(`${source}.`) && /\.retry\.\d+$/.test(name);

function sourceFinding(
  topic: string,
  description: TopicDescription | undefined,
  contracts: readonly Contract[],
): Finding {
  if (description?.exists !== true) return absent(topic, contracts);
  return fine(`topic ${topic}`, told(description));
}

/** One made later, with fewer partitions, would put records of one key beside each other. */
function failureFinding(
  topic: string,
  description: TopicDescription | undefined,
  source: TopicDescription | undefined,
): Finding {
  if (description?.exists !== true) {
    const fix = 'start the service once, which makes it, or make it like its source topic';
    return { what: `topic ${topic}`, state: 'warn', found: 'does not exist yet', fix };
  }
  if (source !== undefined && description.replicationFactor < source.replicationFactor) {
    return wrong(
      `topic ${topic}`,
      `${told(description)}; its source has ${source.replicationFactor} replicas`,
      'raise its replication to that of its source',
    );
  }
  return fine(`topic ${topic}`, told(description));
}

function absent(topic: string, contracts: readonly Contract[]): Finding {
  const partitions = contracts.find((each) => each.topic === topic)?.topicSettings.partitions;
  const count = partitions === undefined ? '' : ` --partitions ${partitions}`;
  const fix = `start a service, or kafka-topics --create --topic ${topic}${count}`;
  return wrong(`topic ${topic}`, 'does not exist', fix);
}

const told = ({ partitions, replicationFactor }: TopicDescription) =>
  `${partitions} partitions, ${replicationFactor} replicas`;
