import Type, { type Static } from 'typebox';
import { closed, conditions, integer, name, oneOf, text } from './fields.ts';
import { defineKind, rule } from './kind.ts';

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const http = closed(
  {
    path: Type.String({
      pattern: "^/([A-Za-z0-9._~!$&'()*+,;=:@-]+(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*)?$",
      maxLength: 512,
      description: 'Canonical path without a trailing slash; `/` alone takes every path that nothing else takes.',
    }),
    match: oneOf(['prefix', 'exact'], { description: '`prefix`: this path and all below it, by whole segments. `exact`: this path alone.', default: 'prefix' }),
    methods: Type.Array(oneOf(HTTP_METHODS, { description: 'A method.' }), { maxItems: 7, description: 'Methods; none = all.', default: [] }),
    host: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
        maxLength: 253,
        description: 'Host name without port; none = all.',
      }),
    ),
  },
  { description: 'Requests to the gateway.' },
);

const timer = closed(
  {
    schedule: text(128, { description: 'Five-field cron, or six with seconds first.' }),
    timeZone: text(64, { description: 'IANA name.', default: 'UTC' }),
    missed: oneOf(['skip', 'once'], { description: 'Ticks that fell due while no scaler ran: leave them, or fire the last one.', default: 'skip' }),
    data: Type.Optional(text(16_384, { description: 'JSON text sent as the event’s data.' })),
  },
  { description: 'Ticks of a schedule, each a CloudEvent with the id `<trigger>/<scheduled time>`.' },
);

export const triggerSpec = closed(
  {
    function: name({ description: 'The Function in the same namespace.' }),
    http: Type.Optional(http),
    timer: Type.Optional(timer),
  },
  { description: 'What invokes a Function: exactly one of its forms.' },
);

export const triggerStatus = closed(
  {
    observedGeneration: Type.Optional(integer(0, Number.MAX_SAFE_INTEGER, { description: 'The generation that was acted on.' })),
    conditions: Type.Optional(conditions),
    lastTick: Type.Optional(text(32, { description: 'Scheduled time of the last tick that was answered, RFC 3339.' })),
  },
  { description: 'What the platform saw.' },
);

export type TriggerSpec = Static<typeof triggerSpec>;
export type HttpTriggerSpec = Static<typeof http>;
export type TimerTriggerSpec = Static<typeof timer>;

export const triggerKind = defineKind({
  kind: 'Trigger',
  plural: 'triggers',
  shortName: 'fibtrig',
  spec: triggerSpec,
  status: triggerStatus,
  rules: [
    rule<HttpTriggerSpec>({
      path: ['spec', 'http'],
      cel: "!self.path.split('/').exists(s, s == '.' || s == '..')",
      message: (s) => `path (${s.path}) must be canonical, without "." and ".." segments`,
      messageCel: '\'path (\' + self.path + \') must be canonical, without "." and ".." segments\'',
      check: (s) => !s.path.split('/').some((part) => part === '.' || part === '..'),
    }),
    rule<TriggerSpec>({
      path: ['spec'],
      cel: 'has(self.http) != has(self.timer)',
      message: 'a trigger has exactly one of http and timer',
      check: (s) => (s.http !== undefined) !== (s.timer !== undefined),
    }),
  ],
});
