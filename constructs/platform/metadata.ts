import { NAME_LABEL, PART_OF_LABEL } from '../../protocol/cluster-names.ts';
import { LABELS } from '../../protocol/names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import type { PlatformSettings } from './settings.ts';

/** Metadata of an object of the platform. Its stack label lets a deployment remove what is no more. */
export function metadata({ stack }: Pick<PlatformSettings, 'stack'>, name: string, namespace?: string): KubernetesObject['metadata'] {
  return { name, ...(namespace !== undefined && { namespace }), labels: { [NAME_LABEL]: name, [PART_OF_LABEL]: 'fibonacci', [LABELS.stack]: stack } };
}

/** What selects the pods of one of the platform's parts. */
export function partLabels(part: string): Record<string, string> {
  return { [NAME_LABEL]: part };
}
