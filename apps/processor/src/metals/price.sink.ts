import { PriceQuoted } from 'millrace/events';
import { MongoSink } from 'millrace/mongo';
import { policy } from 'millrace/pipeline';
import { METALS_GROUPS } from './metals.groups';
import { COLLECTIONS, priceDocument } from './price.document';

/** Stores every price once: the event id is the document's, so a repeat is a duplicate. */
@MongoSink(PriceQuoted, {
  groupId: METALS_GROUPS.prices,
  collection: COLLECTIONS.prices,
  id: (_event, record) => record.eventId,
  document: priceDocument,
  indexes: [{ keys: { metal: 1, observedAt: -1 } }],
  onError: policy().otherwise().retryInPlace({ maxAttempts: 3 }).thenDeadLetter(),
})
export class PriceSink {}
