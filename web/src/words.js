// SPDX-License-Identifier: GPL-2.0
// How numbers and nights are written; as bench/appliance/render/change.py does.

const NONE = '–';

export const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

/** Write when of a year, for nights that are hours apart. */
export const hour = (seconds) => new Date(seconds * 1000).toISOString().slice(5, 16).replace('T', ' ');

export const moment = (seconds) =>
	new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC';

const [small, large] = [2, 0].map((digits) => // which takes too long to make for each number
	new Intl.NumberFormat('en', { maximumFractionDigits: digits }));

export const number = (value) => value == null ? NONE : (value < 100 ? small : large).format(value);

/** Write a ratio as a change in percent, or as a factor from 2 on. */
export function change(ratio, digits) {
	if (ratio == null)
		return NONE;
	if (ratio === 1 && digits === undefined)
		return '0';
	if (ratio >= 2)
		return `x${Number(ratio.toPrecision(3))}`;
	const percent = 100 * (ratio - 1);
	const sign = percent < 0 ? '-' : '+';
	return `${sign}${Math.abs(percent).toFixed(digits ?? (Math.abs(percent) >= 1 ? 1 : 2))} %`;
}

/** Write an interval in the same way, both ends alike. */
export function span(low, high) {
	if (low == null || high == null)
		return NONE;
	const digits = Math.max(Math.abs(low - 1), Math.abs(high - 1)) >= 0.01 ? 1 : 2;
	return `${change(low, digits)} .. ${change(high, digits)}`;
}

/** Write how long ago something was. */
export function ago(seconds) {
	const hours = Math.floor(seconds / 3600);
	if (hours < 1)
		return 'less than an hour ago';
	if (hours < 48)
		return `${hours} hour${hours === 1 ? '' : 's'} ago`;
	return `${Math.floor(hours / 24)} days ago`;
}
