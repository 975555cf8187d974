// SPDX-License-Identifier: GPL-2.0
// The one script of the dashboard: it fills what a page has left for it.

import { compare } from './compare.js';
import { night } from './night.js';
import { trend } from './trend.js';
import { ago } from './words.js';

/** Say how old the last night is now, and that it is too old if it is. */
async function age(place) {
	const seconds = Date.now() / 1000 - Number(place.dataset.started);
	place.textContent = ago(seconds);
	if (seconds < Number(place.dataset.alarm))
		return;
	const sentence = document.getElementById('sentence');
	const rest = sentence.dataset.said.replace(/^Please read: |^Nothing to do: /, '');
	document.title = `Please read: the last night was ${ago(seconds)}, and ${rest}`;
	sentence.textContent = document.title;
	sentence.className = 'read';
}

for (const [name, fill] of Object.entries({ age, compare, night, trend })) {
	for (const place of document.querySelectorAll(`[data-fill=${name}]`)) {
		fill(place).catch((error) => {
			place.textContent = `This part is missing: ${error.message}.`;
			place.setAttribute('role', 'alert');
		});
	}
}
