import type { LearnedProfile } from '../app/profile.ts';
import type { FieldCells } from '../core/events/profile.ts';
import { EXTRA_CELLS } from '../core/events/profile.ts';
import { shareText, timeText } from './number-text.ts';
import type { Style } from './style.ts';
import { fieldsText, tableText } from './table.ts';

/** A learned profile for a person: what it was learned from, and the cells of every field. */
export function profileText({ profile, seenCount }: LearnedProfile, style: Style): string {
  const head = fieldsText(
    [
      ['profile of', `${profile.model} ${profile.currentVersion}`],
      ['learned from', `${profile.sampleCount} of ${seenCount} answers`],
      ['event time', `${timeText(profile.fromMs)} to ${timeText(profile.toMs)}`],
      ['not watched', profile.notWatched.length === 0 ? 'none' : profile.notWatched.join(', ')],
    ],
    style,
  );
  const table = tableText(
    {
      head: ['field', 'kind', 'cells', 'nulls', 'share of null', 'not finite'],
      rows: profile.fields.map((cells) => {
        const nulls = extraCount(cells, 'null');
        return [
          cells.field.name,
          cells.field.kind,
          'edges' in cells ? cells.edges.length + 1 : categoriesText(cells),
          nulls,
          shareText(nulls / profile.sampleCount),
          extraCount(cells, 'not finite'),
        ];
      }),
      right: [2, 3, 4, 5],
    },
    style,
  );
  return `${head}\n\n${table}`;
}

function categoriesText(cells: Extract<FieldCells, { readonly categories: unknown }>): string {
  const count = String(cells.categories.length);
  return cells.overflow ? `${count} and others` : count;
}

/** The count of one of the cells that every field has after its own. */
function extraCount(cells: FieldCells, name: (typeof EXTRA_CELLS)[number]): number {
  const fromEnd = EXTRA_CELLS.length - EXTRA_CELLS.indexOf(name);
  return cells.referenceCounts.at(-fromEnd) ?? 0;
}
