import { PriceQuoted } from 'millrace/events';
import { MongoSink } from 'millrace/mongo';
import { METALS_GROUPS } from './metals.groups';
import { COLLECTIONS, priceDocument } from './price.document';

/**
 * Keeps one document per metal: the price that was observed last.
 *
 * The version orders by time, then by event id, so prices of one instant end in the same document
 * whatever their order of arrival.
 */
@MongoSink(PriceQuoted, {
  groupId: METALS_GROUPS.latest,
  collection: COLLECTIONS.latest,
  id: (event) => event.metal,
  version: (event, record) => `${event.observedAt}|${record.eventId}`,
  document: priceDocument,
})
export class LatestPriceSink {}
