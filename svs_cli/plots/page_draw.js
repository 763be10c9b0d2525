"use strict";
// Drawing: the panels of a scene on one canvas. Times are seconds, lengths CSS pixels; nothing here knows of sound.

const scene = JSON.parse(document.getElementById("scene").textContent);
const GUTTER = 52, LYRIC_ROW = 20, LYRIC_ROWS = 2, PHONE_ROW = 19, GAP = 10;
const FONT = '"Noto Sans", "DejaVu Sans", "Noto Sans CJK JP", system-ui, sans-serif';
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const MEL_BANDS = 128, TILE_FRAMES = 2048;
const colours = {};
const tiles = scene.mel.map((address) => Object.assign(new Image(), { src: address, onload: () => redraw() }));

const panels = layOut();

function layOut() {
  const midis = scene.notes.map((note) => note[2]);
  const low = Math.floor(Math.min(...(midis.length ? midis : [57])) - 2.5);
  const high = Math.ceil(Math.max(...(midis.length ? midis : [69])) + 2.5);
  const wanted = [
    ["bars", 24], ["roll", Math.min(340, Math.max(200, (high - low) * 17))],
    ["lyrics", scene.notes.length ? LYRIC_ROW * LYRIC_ROWS : 0], ["phones", scene.phones.length ? 2 * PHONE_ROW : 0],
    ["cents", 110], ["level", 84], ["mel", 150], ["times", 22],
  ];
  const found = { low, high, semitones: high - low };
  let top = 0;
  for (const [name, height] of wanted) {
    found[name] = { top, height };
    top += height + (height && !["bars", "mel", "times"].includes(name) ? GAP : 0);
  }
  return Object.assign(found, { height: top });
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "panel", "ink", "faint", "line", "bar", "key", "note", "note-edge", "now", "asked", "heard",
    "tune", "vowel", "voiced", "voiceless", "closure", "breath"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
}

// A view: { pen, width, start (seconds at the gutter), scale (pixels a second), now (seconds) }
const xOf = (view, seconds) => GUTTER + (seconds - view.start) * view.scale;
const endOf = (view) => view.start + (view.width - GUTTER) / view.scale;
const yOfMidi = (midi) => panels.roll.top + ((panels.high - midi) / panels.semitones) * panels.roll.height;

function drawScene(view) {
  const { pen } = view;
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, view.width, panels.height);
  pen.save();
  pen.beginPath();
  pen.rect(GUTTER, 0, view.width - GUTTER, panels.height);
  pen.clip();
  drawKeys(view);
  drawCentsGround(view);
  drawMel(view);
  drawBars(view);
  drawNotes(view);
  drawCurves(view);
  drawLyrics(view);
  drawPhones(view);
  drawTimes(view);
  pen.restore();
  drawGutter(view);
}

function visible(view, items) {
  // items are sorted by start: the first that can reach into view is found by bisection
  const from = view.start - 1, to = endOf(view);
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle][1] < from) low = middle + 1; else high = middle;
  }
  const found = [];
  for (let i = low; i < items.length && items[i][0] < to; i++) found.push(items[i]);
  return found;
}

function drawKeys(view) {
  view.pen.fillStyle = colours.key;
  const semitone = panels.roll.height / panels.semitones;
  for (let midi = panels.low; midi <= panels.high; midi++) {
    if (!BLACK.has(((midi % 12) + 12) % 12)) continue;
    const top = Math.max(panels.roll.top, yOfMidi(midi + 0.5));
    const bottom = Math.min(panels.roll.top + panels.roll.height, yOfMidi(midi + 0.5) + semitone);
    view.pen.fillRect(GUTTER, top, view.width, bottom - top);
  }
}

function drawBars(view) {
  const { pen } = view;
  let free = -100; // where the next label may start
  pen.font = `600 13px ${FONT}`;
  pen.textBaseline = "middle";
  for (const [seconds, label] of scene.bars) {
    const x = xOf(view, seconds);
    if (x < GUTTER - 40 || x > view.width) continue;
    const dense = x < free;
    pen.fillStyle = colours.bar;
    if (!dense || view.scale > 8) pen.fillRect(Math.round(x), panels.roll.top, 1, panels.times.top - panels.roll.top);
    if (dense || label === "0" || !label) continue;
    pen.fillStyle = colours.faint;
    pen.fillText(label, x + 3, panels.bars.top + panels.bars.height / 2);
    free = x + pen.measureText(label).width + 10;
  }
}

function drawNotes(view) {
  const { pen } = view;
  const height = (panels.roll.height / panels.semitones) * 0.84;
  pen.lineWidth = 1;
  for (const note of visible(view, scene.notes)) {
    const [start, end, midi] = note;
    const x = xOf(view, start), width = Math.max(2, (end - start) * view.scale - 1);
    pen.fillStyle = view.now >= start && view.now < end ? colours.now : colours.note;
    pen.strokeStyle = colours["note-edge"];
    pen.beginPath();
    pen.roundRect(x + 0.5, yOfMidi(midi) - height / 2, width, height, Math.min(4, width / 2));
    pen.fill();
    pen.stroke();
  }
}

function drawCurves(view) {
  const { roll, cents, level } = panels;
  const inRoll = (value) => yOfMidi(value / 100);
  const inLevel = (value) => level.top + level.height / 2 - (Math.max(-200, Math.min(200, value)) / 200) * (level.height / 2);
  const against = (curve) => (frame) => {
    const note = scene.noteCents[frame], before = scene.noteCents[frame - 1];
    if (note == null || curve[frame] == null || (before != null && before !== note)) return null;
    return Math.max(-250, Math.min(250, curve[frame] - note));
  };
  const inCents = (value) => cents.top + cents.height / 2 - (value / 220) * (cents.height / 2);
  for (const [name, width] of [["asked", 4], ["heard", 1.5]]) {
    const curve = scene[name], loudness = scene[`${name}Level`];
    const alpha = name === "asked" ? 0.8 : 1;
    drawCurve(view, roll, curve.length, (f) => curve[f], inRoll, colours[name], width, alpha);
    drawCurve(view, cents, curve.length, against(curve), inCents, colours[name], width, alpha);
    drawCurve(view, level, loudness.length, (f) => loudness[f], inLevel, colours[name], width, alpha);
  }
}

function drawCurve(view, panel, length, valueAt, yOf, colour, width, alpha) {
  const { pen } = view;
  const first = Math.max(0, Math.floor(view.start / scene.frameSeconds) - 1);
  const last = Math.min(length - 1, Math.ceil(endOf(view) / scene.frameSeconds) + 1);
  const step = Math.max(1, Math.floor(0.5 / (scene.frameSeconds * view.scale)));
  pen.save();
  pen.beginPath();
  pen.rect(GUTTER, panel.top, view.width - GUTTER, panel.height);
  pen.clip();
  pen.beginPath();
  let drawing = false;
  for (let frame = first - (first % step); frame <= last; frame += step) {
    const value = valueAt(frame);
    if (value == null) { drawing = false; continue; }
    const x = xOf(view, frame * scene.frameSeconds), y = yOf(value);
    if (drawing) pen.lineTo(x, y); else pen.moveTo(x, y);
    drawing = true;
  }
  Object.assign(pen, { strokeStyle: colour, lineWidth: width, lineJoin: "round", lineCap: "round", globalAlpha: alpha });
  pen.stroke();
  pen.restore();
}

function drawCentsGround(view) {
  const { cents, level } = panels;
  const half = (50 / 220) * (cents.height / 2);
  view.pen.fillStyle = colours.tune;
  view.pen.fillRect(GUTTER, cents.top + cents.height / 2 - half, view.width, 2 * half);
  view.pen.fillStyle = colours.line;
  for (const panel of [cents, level]) view.pen.fillRect(GUTTER, Math.round(panel.top + panel.height / 2), view.width, 1);
}

function drawMel(view) {
  const { pen } = view;
  pen.fillStyle = "#000";
  pen.fillRect(GUTTER, panels.mel.top, view.width, panels.mel.height);
  pen.imageSmoothingEnabled = true;
  tiles.forEach((tile, number) => {
    const start = (number * TILE_FRAMES - 0.5) * scene.frameSeconds, seconds = tile.naturalWidth * scene.frameSeconds;
    if (!tile.complete || !tile.naturalWidth || start > endOf(view) || start + seconds < view.start) return;
    pen.drawImage(tile, xOf(view, start), panels.mel.top, seconds * view.scale, panels.mel.height);
  });
}

function drawLyrics(view) {
  const { pen } = view;
  pen.font = `15px ${FONT}`;
  pen.textBaseline = "middle";
  const ends = new Array(LYRIC_ROWS).fill(-Infinity), notes = visible(view, scene.notes), words = [];
  let left = 0;
  notes.forEach(([start, end, , text, held], index) => {
    if (held || !text || end <= view.start) return;
    const width = pen.measureText(text).width, x = Math.max(GUTTER, xOf(view, start)) + 2; // a note sung on keeps its word
    const row = ends.findIndex((right) => right + 4 <= x);
    if (row < 0) { left++; return; }
    ends[row] = x + width;
    let last = end;
    for (let i = index + 1; i < notes.length && notes[i][4]; i++) last = notes[i][1];
    words.push({ text, x, right: x + width, row, until: last > end ? xOf(view, last) - 4 : 0 });
  });
  if (left > words.length / 2) return; // every third word would read like another song
  for (const { text, x, right, row, until } of words) {
    const y = panels.lyrics.top + LYRIC_ROW * (row + 0.5);
    pen.fillStyle = colours.ink;
    pen.fillText(text, x, y);
    pen.fillStyle = colours.faint;
    if (until > right + 4) pen.fillRect(right + 4, Math.round(y + 6), until - right - 4, 1);
  }
}

function drawPhones(view) {
  const { pen } = view;
  const shown = visible(view, scene.phones).filter(([, end, , kind]) => kind !== "silence" && end > view.start);
  const topOf = (kind) => panels.phones.top + (kind === "vowel" ? PHONE_ROW : 0);
  for (const [start, end, , kind] of shown) {
    pen.fillStyle = colours[kind];
    pen.fillRect(xOf(view, start), topOf(kind) + 1, Math.max(0.5, (end - start) * view.scale - 0.5), PHONE_ROW - 2);
  }
  pen.font = `13px ${FONT}`;
  pen.textBaseline = "middle";
  pen.fillStyle = colours.ink;
  const ends = { true: -Infinity, false: -Infinity };
  for (const [start, end, symbol, kind] of shown) {
    const row = kind === "vowel", textWidth = pen.measureText(symbol).width, width = (end - start) * view.scale;
    const wished = Math.max(GUTTER, xOf(view, (start + end) / 2) - textWidth / 2);
    const left = Math.max(wished, ends[row] + 2);
    if (left > wished + textWidth * 0.6 || width < textWidth * 0.3) continue;
    pen.fillText(symbol, left, topOf(kind) + PHONE_ROW / 2);
    ends[row] = left + textWidth;
  }
}

function drawTimes(view) {
  const { pen } = view;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120].find((one) => one * view.scale > 60) || 300;
  pen.font = `12px ${FONT}`;
  pen.textBaseline = "middle";
  pen.fillStyle = colours.faint;
  for (let tick = Math.ceil(view.start / step); tick * step <= endOf(view); tick++) {
    const x = xOf(view, tick * step);
    pen.fillRect(Math.round(x), panels.times.top, 1, 4);
    pen.fillText(clockText(tick * step, step < 1 ? 1 : 0), x + 4, panels.times.top + panels.times.height / 2 + 2);
  }
}

function drawGutter(view) {
  const { pen } = view;
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, GUTTER, panels.height);
  pen.font = `12px ${FONT}`;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  pen.fillStyle = colours.faint;
  const write = (text, y) => pen.fillText(text, GUTTER - 6, y);
  for (let midi = panels.low + 1; midi < panels.high; midi++) {
    const key = ((midi % 12) + 12) % 12;
    if (!BLACK.has(key) && (panels.semitones < 26 || key === 0)) write(noteName(midi), yOfMidi(midi));
  }
  for (const cents of [-200, -100, 0, 100, 200]) {
    const { top, height } = panels.cents;
    write(cents > 0 ? `+${cents}` : `${cents}`, top + height / 2 - (cents / 220) * (height / 2));
  }
  write("+10 dB", panels.level.top + panels.level.height * 0.25);
  write("0", panels.level.top + panels.level.height * 0.5);
  write("-10", panels.level.top + panels.level.height * 0.75);
  for (const [band, text] of scene.melTicks) {
    if (["500", "1k", "2k", "4k", "8k"].includes(text)) write(text, panels.mel.top + panels.mel.height * (1 - band / MEL_BANDS));
  }
  pen.textAlign = "left";
}

function noteName(midi) {
  const nearest = Math.round(midi);
  return NAMES[((nearest % 12) + 12) % 12] + (Math.floor(nearest / 12) - 1);
}

function clockText(seconds, decimals) {
  const whole = seconds.toFixed(decimals), minutes = Math.floor(Number(whole) / 60);
  const rest = (Number(whole) - 60 * minutes).toFixed(decimals);
  return `${minutes}:${rest.padStart(decimals ? 3 + decimals : 2, "0")}`;
}
