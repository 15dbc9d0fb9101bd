import ts from 'typescript';

/** Also `itOnReplicaSet`: a block that runs where a capability is there. */
const BLOCK = /^(it|test|describe)([A-Z]\w*)?$/;
const NOT_RUN = new Set(['skip', 'todo', 'failing']);

/**
 * Reads the titles of the tests and groups of tests that run.
 *
 * What is skipped or only planned is left out, and so is everything inside a skipped group: it
 * shows nothing.
 *
 * @param source - the text of a spec file.
 * @returns titles as written; of a template the fixed parts, each `${...}` left as it is.
 */
export function testTitles(source: string): readonly string[] {
  const file = ts.createSourceFile('x.spec.ts', source, ts.ScriptTarget.Latest, true);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const words = wordsOf(node.expression);
      if (BLOCK.test(words[0] ?? '')) {
        if (words.some((word) => NOT_RUN.has(word))) return;
        const title = node.arguments[0];
        if (title !== undefined) titles.push(...textOf(title));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return titles;
}

/** `it.each(table)` becomes `it`, `each`. */
function wordsOf(callee: ts.Expression): readonly string[] {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) {
    return [...wordsOf(callee.expression), callee.name.text];
  }
  if (ts.isCallExpression(callee)) return wordsOf(callee.expression);
  if (ts.isTaggedTemplateExpression(callee)) return wordsOf(callee.tag);
  return [];
}

function textOf(title: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(title)) return [title.text];
  if (ts.isTemplateExpression(title)) return [title.getText().slice(1, -1)];
  if (ts.isBinaryExpression(title)) {
    return [[...textOf(title.left), ...textOf(title.right)].join('')];
  }
  return [];
}

/** The row ids that a title names in brackets: `[DEL-01]`, `[CON-01, CON-02]`. */
export function idsOf(title: string): readonly string[] {
  const lists = title.matchAll(/\[((?:[A-Z]{1,4}-?\d+)(?:\s*,\s*[A-Z]{1,4}-?\d+)*)\]/g);
  return [...lists].flatMap(([, list = '']) => list.split(/\s*,\s*/));
}
