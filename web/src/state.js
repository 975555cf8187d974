// SPDX-License-Identifier: GPL-2.0
// What a page shows is in its URL, behind the #, so that it can be sent to others.

/** Return the values in the URL, with defaults for the others. */
export function state(defaults) {
	return { ...defaults, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
}

const text = (changes) => `#${new URLSearchParams({ ...state({}), ...changes })}`;

/** Show something else: a step that the browser's back button takes back. */
export function go(changes) {
	location.hash = text(changes);
}

/** Only note in the URL what is shown already. */
export function note(changes) {
	history.replaceState(null, '', text(changes));
}
