// SPDX-License-Identifier: GPL-2.0
// Runs inside a flame graph, which sets MARGIN, WIDTH and LETTER: zoom by a
// click, search by a regular expression, details of the frame under the mouse.
'use strict';

const byId = id => document.getElementById(id);
const frames = Array.from(byId('frames').children, element => {
  const [title, rect, text] = element.children;
  return {
    element, rect, text, name: element.dataset.name, about: title.textContent,
    x: +rect.getAttribute('x'), y: +rect.getAttribute('y'), width: +rect.getAttribute('width'),
  };
});
const CLOSE = 0.01;  // x and width are rounded

function draw(frame, x, width) {
  const letters = Math.floor((width - 4) / LETTER);
  frame.rect.setAttribute('x', x);
  frame.rect.setAttribute('width', width);
  frame.text.setAttribute('x', x + 3);
  frame.text.textContent = letters < 3 ? '' : frame.name.length <= letters ? frame.name :
    frame.name.slice(0, letters - 2) + '..';
}

function zoom(target) {
  const full = WIDTH - 2 * MARGIN, scale = full / target.width;
  for (const frame of frames) {
    const below = frame.y > target.y && frame.x <= target.x + CLOSE &&
      frame.x + frame.width >= target.x + target.width - CLOSE;
    const inside = frame.y <= target.y && frame.x >= target.x - CLOSE &&
      frame.x + frame.width <= target.x + target.width + CLOSE;
    frame.element.style.display = below || inside ? '' : 'none';
    frame.element.classList.toggle('below', below);
    if (below)
      draw(frame, MARGIN, full);
    else if (inside)
      draw(frame, MARGIN + (frame.x - target.x) * scale, frame.width * scale);
  }
  byId('reset').setAttribute('visibility', target === frames[0] ? 'hidden' : 'visible');
}

// The share of what matches, a frame above another that matches counted once.
function search(pattern) {
  const found = frames.filter(frame => {
    const match = pattern !== '' && new RegExp(pattern).test(frame.name);
    frame.element.classList.toggle('found', match);
    return match;
  });
  const lowest = found.filter(frame => !found.some(other => other.y > frame.y &&
    other.x <= frame.x + CLOSE && other.x + other.width >= frame.x + frame.width - CLOSE));
  const width = lowest.reduce((sum, frame) => sum + frame.width, 0);
  byId('matched').textContent = pattern === '' ? '' :
    `${pattern}: ${(100 * width / frames[0].width).toFixed(1)} %`;
}

for (const frame of frames) {
  frame.element.addEventListener('click', () => zoom(frame));
  frame.element.addEventListener('mouseover', () => {
    byId('details').textContent = frame.about;
  });
}
byId('reset').addEventListener('click', () => zoom(frames[0]));
byId('background').addEventListener('click', () => zoom(frames[0]));
byId('search').addEventListener('click', () => {
  const pattern = prompt('Functions that match (regular expression):', '');
  if (pattern !== null)
    search(pattern);
});
