import { parseSync } from 'oxc-parser';
import { type DocComment, parseDocComment } from './doc-comment.ts';

/** Something that a module exports, as its reader sees it. */
export interface Declared {
  readonly kind: 'class' | 'interface' | 'function' | 'type' | 'constant';
  readonly name: string;
  readonly doc: DocComment;
  /** `hot(pool: PodPool): FunctionDeployment`, the text of a type, or nothing. */
  readonly signature: string;
  /** Of classes and interfaces: the names of what they extend. */
  readonly extends: readonly string[];
  readonly members: readonly Member[];
}

export interface Member {
  readonly name: string;
  readonly doc: DocComment;
  /** Type of a property; parameters and result of a method. */
  readonly signature: string;
  readonly isMethod: boolean;
  readonly isStatic: boolean;
  readonly optional: boolean;
}

/** A node of the syntax tree, as far as it is read here. */
// oxlint-disable-next-line typescript/no-explicit-any -- the parser's union of 200 node types says less than the code below
type Node = any;

/** The exported declarations of a TypeScript module. @throws Error where it cannot be parsed */
export function parseModule(file: string, source: string): Declared[] {
  const { program, comments, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
  const docOf = (node: Node): DocComment => {
    const before = docs.findLast(({ end }) => end <= node.start && source.slice(end, node.start).trim() === '');
    return parseDocComment(before?.value ?? '');
  };
  const slice = (node: Node): string => (node ? source.slice(node.start, node.end) : '');
  const typeOf = (node: Node): string => slice(node?.typeAnnotation?.typeAnnotation ?? node?.typeAnnotation).replace(/\s+/g, ' ');
  const signatureOf = (fn: Node): string => {
    const result = fn.returnType ? `: ${typeOf({ typeAnnotation: fn.returnType })}` : '';
    return `(${fn.params.map((param: Node) => parameter(param, typeOf)).join(', ')})${result}`;
  };
  const memberOf = (node: Node): Member[] => {
    const isPublic = node.key?.type === 'Identifier' && node.accessibility !== 'private' && node.accessibility !== 'protected' && node.kind !== 'constructor';
    const doc = docOf(node);
    if (!isPublic || node.override || node.declare || doc.internal) return [];
    const isMethod = ['MethodDefinition', 'TSAbstractMethodDefinition', 'TSMethodSignature'].includes(node.type);
    const signature = isMethod ? signatureOf(node.value ?? node) : typeOf(node);
    return [{ name: node.key.name, doc, signature, isMethod, isStatic: node.static === true, optional: node.optional === true }];
  };
  return program.body.flatMap((statement: Node): Declared[] => {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : undefined;
    if (!node) return [];
    const base = { doc: docOf(statement), signature: '', extends: [] as string[], members: [] as Member[] };
    const name: string = node.id?.name ?? node.declarations?.[0]?.id.name;
    switch (node.type) {
      case 'ClassDeclaration': {
        const maker = node.body.body.find((member: Node) => member.kind === 'constructor' && member.accessibility !== 'private');
        const parents = [node.superClass && slice(node.superClass), ...node.implements.map((one: Node) => slice(one.expression))].filter(Boolean) as string[];
        const signature = maker ? `new ${name}${signatureOf(maker.value)}` : '';
        return [{ ...base, kind: 'class', name, signature, extends: parents, members: node.body.body.flatMap(memberOf) }];
      }
      case 'TSInterfaceDeclaration':
        return [
          { ...base, kind: 'interface', name, extends: node.extends.map((one: Node) => slice(one.expression)), members: node.body.body.flatMap(memberOf) },
        ];
      case 'FunctionDeclaration':
        return [{ ...base, kind: 'function', name, signature: `${name}${signatureOf(node)}` }];
      case 'TSTypeAliasDeclaration':
        return [{ ...base, kind: 'type', name, signature: slice(node.typeAnnotation).replace(/\s+/g, ' ') }];
      case 'VariableDeclaration':
        return [{ ...base, kind: 'constant', name, members: constants(node.declarations[0].init, docOf, slice) }];
      default:
        return [];
    }
  });
}

function parameter(node: Node, typeOf: (node: Node) => string): string {
  if (node.type === 'AssignmentPattern') return parameter({ ...node.left, optional: true }, typeOf);
  // What is taken apart is named by its type alone.
  const name = node.type === 'Identifier' ? node.name : 'options';
  const type = typeOf(node);
  return `${name}${node.optional ? '?' : ''}${type === '' ? '' : `: ${type}`}`;
}

/** The entries of `{ … } as const`. */
function constants(init: Node, docOf: (node: Node) => DocComment, slice: (node: Node) => string): Member[] {
  let object = init;
  while (object && object.type !== 'ObjectExpression') object = object.expression;
  return (object?.properties ?? []).map((entry: Node) => ({
    name: slice(entry.key),
    doc: docOf(entry),
    signature: slice(entry.value),
    isMethod: false,
    isStatic: true,
    optional: false,
  }));
}
