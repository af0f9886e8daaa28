/** One event as its service sends it in both forms: as a CloudEvent, and as the legacy event of first-generation functions. */
export interface EventPair {
  readonly name: string;
  readonly cloudEvent: CloudEvent;
  readonly legacy: LegacyEvent;
}

export interface CloudEvent {
  readonly specversion: string;
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
  readonly id: string;
  readonly time: string;
  readonly datacontenttype: string;
  readonly data: unknown;
}

export interface LegacyEvent {
  readonly context: { readonly eventId: string; readonly timestamp: string; readonly eventType: string; readonly resource: unknown };
  readonly data: Readonly<Record<string, unknown>>;
}

const ID = '4d5c-1';
const TIME = '2026-03-04T05:06:07.089Z';
const COMMON = { specversion: '1.0', id: ID, time: TIME, datacontenttype: 'application/json' } as const;

const OBJECT = { kind: 'storage#object', bucket: 'pictures', name: 'cats/first.png', contentType: 'image/png', size: '4711', metageneration: '1' };
const MESSAGE = { attributes: { colour: 'grün' }, data: 'Zmlib25hY2Np', messageId: ID, publishTime: TIME };

export const EVENTS: readonly EventPair[] = [
  {
    name: 'a stored object',
    cloudEvent: {
      ...COMMON,
      type: 'google.cloud.storage.object.v1.finalized',
      source: '//storage.googleapis.com/projects/_/buckets/pictures',
      subject: 'objects/cats/first.png',
      data: OBJECT,
    },
    legacy: {
      context: {
        eventId: ID,
        timestamp: TIME,
        eventType: 'google.storage.object.finalize',
        resource: { service: 'storage.googleapis.com', name: 'projects/_/buckets/pictures/objects/cats/first.png', type: 'storage#object' },
      },
      data: OBJECT,
    },
  },
  {
    name: 'a published message',
    cloudEvent: {
      ...COMMON,
      type: 'google.cloud.pubsub.topic.v1.messagePublished',
      source: '//pubsub.googleapis.com/projects/zoo/topics/arrivals',
      data: { message: MESSAGE },
    },
    legacy: {
      context: {
        eventId: ID,
        timestamp: TIME,
        eventType: 'google.pubsub.topic.publish',
        resource: { service: 'pubsub.googleapis.com', name: 'projects/zoo/topics/arrivals', type: 'type.googleapis.com/google.pubsub.v1.PubsubMessage' },
      },
      data: { '@type': 'type.googleapis.com/google.pubsub.v1.PubsubMessage', attributes: MESSAGE.attributes, data: MESSAGE.data },
    },
  },
  {
    name: 'a user who signed up',
    cloudEvent: {
      ...COMMON,
      type: 'google.firebase.auth.user.v1.created',
      source: '//firebaseauth.googleapis.com/projects/zoo',
      subject: 'users/u-7',
      data: { uid: 'u-7', email: 'keeper@example.test', metadata: { createTime: '2026-01-02T03:04:05Z', lastSignInTime: '2026-02-03T04:05:06Z' } },
    },
    legacy: {
      context: { eventId: ID, timestamp: TIME, eventType: 'providers/firebase.auth/eventTypes/user.create', resource: 'projects/zoo' },
      data: { uid: 'u-7', email: 'keeper@example.test', metadata: { createdAt: '2026-01-02T03:04:05Z', lastSignedInAt: '2026-02-03T04:05:06Z' } },
    },
  },
];
