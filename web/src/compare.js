// SPDX-License-Identifier: GPL-2.0
// Two nights, row by row.

import { load } from './data.js';
import { choice, choose, csv, make, table } from './dom.js';
import { follow, go, state } from './state.js';
import { differences } from './trend.js';
import { change, moment, number } from './words.js';

const HEADERS = ['Row', 'Kernel', 'Time', 'Time differs', 'Instructions', 'A ns', 'B ns',
	'A instructions', 'B instructions'];

/** Compare the nights a and b of the URL: the last two of the newest version by default. */
export async function compare(place) {
	const [nights, series] = await Promise.all([load('nights'), load('series')]);
	if (nights.name.length < 2) {
		place.append(make('p', {}, 'There are no two nights to compare yet.'));
		return;
	}
	const by_id = new Map(series.map((one) => [one.id, one]));
	const shown = make('div', {});
	const choices = choices_of(nights);
	place.append(make('div', { class: 'choices' }, ...choices), shown);
	await follow(async () => {
		const wanted = state({ ...last_two(nights), rows: 'differ' });
		const [a, b] = [wanted.a, wanted.b].map((name) => nights.name.indexOf(name));
		choose(choices, [wanted.a, wanted.b, wanted.rows]);
		if (a < 0 || b < 0) {
			shown.replaceChildren(make('p', {}, 'One of these nights is not in the history.'));
			return;
		}
		const [before, after] = await Promise.all([wanted.a, wanted.b].map((name) => load(`nights/${name}`)));
		shown.replaceChildren(...content(nights, a, b, pairs(by_id, before, after), wanted.rows === 'all'));
	});
}

function last_two(nights) {
	const last = nights.name.length - 1;
	const before = nights.version.lastIndexOf(nights.version[last], last - 1);
	return { a: nights.name[before < 0 ? last - 1 : before], b: nights.name[last] };
}

function choices_of(nights) {
	const all = nights.name.map((name, i) =>
		[name, `${moment(nights.started[i])}, ${nights.source[i]}`]).reverse();
	const both = (changes) => {
		const { a, b } = state(last_two(nights));
		go({ a, b, ...changes });
	};
	return [choice('Night A', all, (a) => both({ a })), choice('Night B', all, (b) => both({ b })),
		choice('Rows', [['differ', 'that differ'], ['all', 'all']], (rows) => go({ rows }))];
}

/** Join two nights: series that differ only in their version are one row. */
function pairs(by_id, before, after) {
	const key = (id) => {
		const { kernel, version, row } = by_id.get(id);
		return `${row}\n${kernel.slice(version.length + 1)}`;
	};
	const point = (night, i) => Object.fromEntries(['value', 'low', 'high', 'ns', 'count'].map((name) =>
		[name, night[name][i]]));
	const of_a = new Map(before.series.map((id, i) => [key(id), point(before, i)]));
	return after.series.flatMap((id, i) => {
		const [row, kernel] = key(id).split('\n');
		return of_a.has(key(id)) ? [{ row, kernel, a: of_a.get(key(id)), b: point(after, i) }] : [];
	});
}

function content(nights, a, b, rows, all) {
	const [one, two] = [nights.fingerprint[a], nights.fingerprint[b]];
	const comparable = one === two;
	const found = rows.map((row) => judged(row, comparable)).filter((row) => all || row.differs)
		.sort((x, y) => y.size - x.size);
	const lines = found.map((row) => [row.row, row.kernel, row.time, row.apart, row.work,
		number(row.a.ns), number(row.b.ns), number(row.a.count), number(row.b.count)]);
	const title = `${found.length} of ${rows.length} rows`;
	return [
		comparable ? '' : make('p', { class: 'warning' }, 'The times of these nights are not comparable: ' +
			`${differences(nights.fingerprints[one], nights.fingerprints[two])}.`),
		make('p', { role: 'status' }, found.length ? title : 'No row differs.'),
		...(found.length ? [table(title, HEADERS, lines), make('p', {}, csv('nights.csv', HEADERS, lines))] : []),
	];
}

/** Times differ if the intervals of their ratios to the reference lie apart. */
function judged({ row, kernel, a, b }, comparable) {
	const timed = comparable && a.value != null && b.value != null;
	const apart = timed && a.low != null && b.low != null && (a.high < b.low || b.high < a.low);
	const counted = a.count != null && b.count != null;
	const [time, work] = [timed ? b.value / a.value : null, counted ? b.count / a.count : null];
	const far = (ratio) => (ratio ? Math.abs(Math.log(ratio)) : 0);
	return {
		row, kernel, a, b, time: change(time), apart: timed ? (apart ? 'yes' : 'no') : 'not comparable',
		work: change(work), differs: apart || (counted && a.count !== b.count),
		size: Math.max(apart ? far(time) : 0, far(work)),
	};
}
