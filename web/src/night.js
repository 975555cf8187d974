// SPDX-License-Identifier: GPL-2.0
// All that a night has measured.

import { load } from './data.js';
import { csv, make, table } from './dom.js';
import { folded } from './trend.js';
import { change, number, span } from './words.js';

const HEADERS = ['Row', 'Kernel', 'Time against the reference', '95 % interval', 'ns', 'Instructions'];

/** Show the rows of the night that the page is of. */
export async function night(place) {
	const [series, points] = await Promise.all([load('series'), load(`nights/${place.dataset.night}`)]);
	const by_id = new Map(series.map((one) => [one.id, one]));
	const of = points.series.map((id) => by_id.get(id));
	const rows = () => of.map(({ row, kernel }, i) => [
		make('a', { href: `../trends.html#${new URLSearchParams({ kernel, row, at: place.dataset.night })}` }, row),
		kernel, change(points.value[i]), span(points.low[i], points.high[i]), number(points.ns[i]),
		number(points.count[i])]);
	const raw = of.map(({ row, kernel }, i) => [row, kernel, points.value[i], points.low[i], points.high[i],
		points.ns[i], points.count[i]]);
	place.append(folded(`All ${of.length} rows`, () => table('Rows', HEADERS, rows())),
		make('p', {}, csv(`${place.dataset.night}.csv`,
			['row', 'kernel', 'ratio', 'low', 'high', 'ns', 'instructions'], raw)));
}
