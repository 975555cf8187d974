// SPDX-License-Identifier: GPL-2.0
// One series over the nights: its time against the reference, and its exact count.

import { figure } from './chart.js';
import { load } from './data.js';
import { choice, choose, csv, make, table } from './dom.js';
import { follow, go, note, state } from './state.js';
import { change, day, moment, number, span } from './words.js';

const HEADERS = ['Night', 'Time against the reference', '95 % interval', 'ns', 'Instructions', 'Source'];
const LENGTHS = [['30', 'last 30'], ['90', 'last 90'], ['365', 'last 365'], ['all', 'all']];

/** Show the series that the URL names, and another when the URL changes. */
export async function trend(place) {
	const [nights, series] = await Promise.all([load('nights'), load('series')]);
	if (!series.length) {
		place.append(make('p', {}, 'No night has measured anything yet.'));
		return;
	}
	const shown = make('div', {});
	const choices = choices_of(series);
	place.append(make('div', { class: 'choices' }, ...choices), shown);
	await follow(async () => {
		const wanted = state({ kernel: series[0].kernel, row: series[0].row, nights: '365' });
		choose(choices, [wanted.kernel, wanted.row, wanted.nights]);
		const found = series.find((one) => one.kernel === wanted.kernel && one.row === wanted.row);
		shown.replaceChildren(...(found
			? content(nights, found, await load(`series/${found.id}`), wanted)
			: [make('p', {}, `There is no series ${wanted.row} of ${wanted.kernel}.`)]));
	});
}

function choices_of(series) {
	const all = (field) => [...new Set(series.map((one) => one[field]))].map((text) => [text, text]);
	return [choice('Kernel', all('kernel'), (kernel) => go({ kernel })),
		choice('Layout and walk', all('row'), (row) => go({ row })),
		choice('Nights', LENGTHS, (length) => go({ nights: length }))];
}

function content(nights, series, points, wanted) {
	const first = wanted.nights === 'all' ? 0 : Math.max(0, points.night.length - Number(wanted.nights));
	const of = Object.fromEntries(['night', 'value', 'low', 'high', 'ns', 'count'].map((name) =>
		[name, points[name].slice(first)]));
	const changes = points.changes.filter((one) => one.at >= first)
		.map((one) => ({ ...one, at: one.at - first }));
	const fresh = fingerprint_changes(nights, of.night);
	const label = `${series.row} on ${series.kernel}`;
	const row = (night, i) => [
		moment(nights.started[night]), change(of.value[i]), span(of.low[i], of.high[i]),
		number(of.ns[i]), number(of.count[i]), nights.source[night]];
	const raw = of.night.map((night, i) => [nights.name[night], of.value[i], of.low[i], of.high[i],
		of.ns[i], of.count[i], nights.source[night]]);
	const open = (i) => {
		location.href = `nights/${nights.name[of.night[i]]}.html`;
	};
	const says = (i) => {
		const [when, value, interval, ns, count] = row(of.night[i], i);
		const told = [...changes.filter((one) => one.at === i).map((one) => `${one.measure}: ${one.size}, ` +
			one.certainty), ...fresh.filter((one) => one.at === i).map((one) => one.text)];
		return `${when}: ${value} (${interval}), ${ns} ns, ${count} instructions${
			told.map((text) => `. ${text}`).join('')}`;
	};
	return [
		figure({
			label, times: of.night.map((night) => nights.started[night]), plots: plots(fresh, of),
			marks: [...fresh, ...changes.map((one) => ({ ...one, change: true }))],
			describe: says, chosen: open, at: of.night.findIndex((night) => nights.name[night] === wanted.at),
			moved: (i) => note({ at: nights.name[of.night[i]] }),
		}),
		legend(), changed(nights, of, changes),
		folded(`Table of ${of.night.length} nights`, () => table(label, HEADERS, of.night.map(row).reverse())),
		make('p', {}, csv(`${series.kernel}-${series.row}.csv`.replaceAll(/[ :]/g, '-'),
			['night', 'ratio', 'low', 'high', 'ns', 'instructions', 'source'], raw)),
	];
}

function plots(fresh, of) {
	const breaks = (which) => which.map((one) => one.at);
	return [
		{ label: 'Time against the reference kernel', values: of.value, low: of.low, high: of.high,
			breaks: breaks(fresh), write: (value) => change(value) },
		{ label: 'Instructions of one walk', values: of.count, low: null,
			breaks: breaks(fresh.filter((one) => one.of_counts)), write: number },
	].filter((plot) => plot.values.some((value) => value != null));
}

/** Times before and after such a night are not comparable; counts are not if of_counts says so. */
function fingerprint_changes(nights, positions) {
	const of = positions.map((night) => nights.fingerprints[nights.fingerprint[night]]);
	return of.flatMap((one, i) => (i && one !== of[i - 1] ? [{
		at: i, sign: '◆', text: `New fingerprint: ${differences(of[i - 1], one)}`,
		of_counts: ['compiler', 'config'].some((name) => one[name] !== of[i - 1][name]),
	}] : []));
}

/** Say in which fields two fingerprints differ. */
export function differences(before, after) {
	return Object.keys(after).filter((name) => before[name] !== after[name])
		.map((name) => `${name} ${before[name] || 'unknown'} became ${after[name] || 'unknown'}`).join(', ');
}

function legend() {
	return make('p', { class: 'legend' }, 'Band: 95 % interval. ▲ ▼: a change of the series. ' +
		'◆ and a dashed line: a new fingerprint, so times left and right of it are not comparable.');
}

function changed(nights, of, changes) {
	if (!changes.length)
		return make('p', {}, 'Nothing has moved in these nights.');
	return make('section', {}, make('h2', {}, 'Changes'), make('ul', {}, ...changes.map((one) => make('li', {},
		make('a', { href: one.page }, `${day(nights.started[of.night[one.at]])}: ${one.measure} ${one.size}`),
		`, ${one.certainty}, ${one.state}`))));
}

/** Make a part that is filled when it is opened for the first time. */
export function folded(title, fill) {
	const part = make('details', {}, make('summary', {}, title));
	part.addEventListener('toggle', () => part.append(fill()), { once: true });
	return part;
}
