// SPDX-License-Identifier: GPL-2.0
// What a page shows is in its URL, behind the #, so that it can be sent to others.

let show;

/** Call shows now, and again when the URL names something else. */
export async function follow(shows) {
	show = shows;
	addEventListener('popstate', show);
	await show();
}

/** Return the values in the URL, with defaults for the others. */
export function state(defaults) {
	return { ...defaults, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
}

const text = (changes) => `#${new URLSearchParams({ ...state({}), ...changes })}`;

/** Show something else: a step that the browser's back button takes back. */
export function go(changes) {
	history.pushState(null, '', text(changes)); // sets the URL at once, location.hash some frames later
	return show();
}

/** Only note in the URL what is shown already. */
export function note(changes) {
	history.replaceState(null, '', text(changes));
}
