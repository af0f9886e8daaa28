import { defined } from '../props.ts';

/** A claim in a StatefulSet: a volume of one pod, which outlives it. */
export function volumeClaim(name: string, storage: string, storageClass: string | undefined): object {
  return {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], ...defined({ storageClassName: storageClass }), resources: { requests: { storage } } },
  };
}
