"use strict";
const content = JSON.parse(document.getElementById("content").textContent);
const attacks = content.sites.flatMap(site => site.attacks);
const form = document.getElementById("filters");
const card = document.getElementById("card");
const looks = new Map(content.looks.map(look => [look.target, look]));
const filters = {
  target: { words: "Target", say: value => looks.get(value).label, of: (site, attack) => site.target },
  weapon: { words: "Weapon", say: value => value, of: (site, attack) => attack.weapon },
};
const SHAPES = {
  o: "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0", s: "M-.9-.9H.9V.9H-.9Z", D: "M0-1.1 1.1 0 0 1.1-1.1 0Z",
  v: "M-1-.9H1L0 1Z", "^": "M-1 .9H1L0-1Z",
};
const SMALLEST = 24; // pixels that a finger can hit
const FINEST = 12; // the zoom at which a pixel is about 30 m: no position is known better
const CLOSE = 8; // the zoom from which launch areas are named: above it they would crowd out cities
const OFF = [0, 8, 16, 24, 32, 48]; // pixels from its dot to where the name of a city is tried
const [LARGEST, NEAR] = [4, 3]; // the largest cities are tried at all of these, the others at the first three
const AROUND = [[1, 0], [-1, 0], [0, 1], [0, -1], [0.8, 0.9], [-0.8, 0.9], [0.8, -0.9], [-0.8, -0.9]];

// The theme's choice of light or dark; some browsers keep nothing for pages from disk.
try { document.documentElement.dataset.mode = localStorage.getItem("mode"); } catch { /* as the system has it */ }

// Every text goes in as a text node: what looks like markup is shown, not obeyed.
function element(name, text, parent, settings) {
  const made = Object.assign(document.createElement(name), settings);
  if (text) made.textContent = text;
  parent?.append(made);
  return made;
}

function symbol(target, size, parent) {
  const { marker, color } = looks.get(target);
  const [picture, path] = ["svg", "path"].map(name => document.createElementNS("http://www.w3.org/2000/svg", name));
  const settings = { viewBox: "-1 -1 2 2", width: size, height: size,  "aria-hidden": true };
  for (const [name, value] of Object.entries(settings)) picture.setAttribute(name, value);
  path.setAttribute("d", SHAPES[marker]);
  path.setAttribute("fill", color);
  picture.append(path);
  parent?.append(picture);
  return picture;
}

const number = (n, word = "attack") => `${n} ${word}${n === 1 ? "" : "s"}`;

// --- filters ---------------------------------------------------------------------------------------------------------

function drawFilters() {
  for (const [key, filter] of Object.entries(filters)) {
    const group = element("fieldset");
    element("legend", filter.words, group);
    const values = content.sites.flatMap(site => site.attacks.map(attack => filter.of(site, attack)));
    const order = key === "target" ? [...looks.keys()] : [...new Set(values)].sort();
    for (const value of order.filter(value => values.includes(value))) {
      const label = element("label", "", group);
      element("input", "", label, { type: "checkbox", defaultChecked: true, name: key, value });
      if (key === "target") symbol(value, 14, label);
      label.append(filter.say(value));
    }
    for (const [words, ticked] of [["all", true], ["none", false]]) {
      const button = element("button", words, group, { type: "button", ariaLabel: `${filter.words}: ${words}` });
      button.addEventListener("click", () => {
        for (const box of group.querySelectorAll("input")) box.checked = ticked;
        draw();
      });
    }
    form.lastElementChild.before(group);
  }
  for (const name of ["from", "to"]) form.elements[name].max = content.months.length - 1;
  form.elements.from.defaultValue = 0;
  form.elements.to.defaultValue = content.months.length - 1;
  form.reset();
  form.addEventListener("input", event => { keepOrder(event.target); draw(); });
  form.addEventListener("reset", () => setTimeout(draw));
  form.addEventListener("submit", event => event.preventDefault());
}

// A month that is moved past the other takes it along.
function keepOrder({ name, value }) {
  const { from, to } = form.elements;
  if (name === "from" && Number(value) > Number(to.value)) to.value = value;
  if (name === "to" && Number(value) < Number(from.value)) from.value = value;
}

function chosen() {
  const [from, to] = ["from", "to"].map(name => {
    const slider = form.elements[name], month = content.months[slider.value] ?? "";
    const words = month && new Date(`${month}-01`).toLocaleDateString("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
    slider.setAttribute("aria-valuetext", words);
    slider.nextElementSibling.textContent = words;
    return month;
  });
  const ticked = Object.keys(filters).map(key => [
    filters[key], [...form.querySelectorAll(`[name=${key}]:checked`)].map(box => box.value)]);
  return (site, attack) => attack.date.slice(0, 7) >= from && attack.date.slice(0, 7) <= to
    && ticked.every(([filter, values]) => values.includes(filter.of(site, attack)));
}

// --- the map ---------------------------------------------------------------------------------------------------------

document.getElementById("filter-box").open = matchMedia("(min-width: 52rem)").matches; // before the map is measured
const [west, south, east, north] = content.region;
const map = L.map("map", { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, zoomSnap: 0.25,
  maxZoom: FINEST, maxBounds: [[south, west], [north, east]], maxBoundsViscosity: 1 });
map.attributionControl.setPrefix("Leaflet");
map.attributionControl.addAttribution("Natural Earth, GeoNames");
L.rectangle(map.options.maxBounds, { interactive: false, stroke: false, className: "sea", fillOpacity: 1 }).addTo(map);
L.geoJSON(content.countries, { interactive: false, style: { className: "land", weight: 1, fillOpacity: 1 } }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);
const [layer, leads] = [L.layerGroup().addTo(map), L.layerGroup().addTo(map)];
const names = map.createPane("names");
names.style.zIndex = 450;
names.ariaHidden = true; // markers and the list say the same

// Where symbols stand at this zoom, in pixels: those that would hide each other are pushed apart.
function spread(sites) {
  const spots = sites.map((site, n) => {
    const home = map.latLngToLayerPoint(site.at);
    return { site, home, x: home.x + 0.1 * Math.cos(n), y: home.y + 0.1 * Math.sin(n), r: Math.max(SMALLEST, site.size + 4) / 2 };
  });
  for (let round = 0, moved = true; moved && round < 500; round++) {
    moved = false;
    spots.forEach((one, n) => {
      for (const other of spots.slice(n + 1)) {
        const [dx, dy] = [other.x - one.x, other.y - one.y], distance = Math.hypot(dx, dy), lack = one.r + other.r - distance;
        if (lack < 0.5) continue;
        const [x, y] = [dx, dy].map(part => (part / distance) * lack / 2);
        one.x -= x; one.y -= y; other.x += x; other.y += y;
        moved = true;
      }
    });
  }
  return spots;
}

let spots = [];

function place() {
  layer.clearLayers();
  spots = spread(content.sites.filter(site => site.shown.length));
  for (const { site, home, x, y, r } of spots) {
    if (site.precision_km) L.circle(site.at, { radius: site.precision_km * 1000, weight: 1, interactive: false,
      className: site.precision_km > content.vague_km ? "ring vague" : "ring" }).addTo(layer);
    const at = map.layerPointToLatLng([x, y]);
    if (Math.hypot(x - home.x, y - home.y) > 3) L.polyline([site.at, at], { className: "lead", weight: 1, interactive: false }).addTo(layer);
    const title = `${site.name}: ${number(site.shown.length)}`;
    const icon = L.divIcon({ className: "mark", iconSize: [2 * r, 2 * r], html: symbol(site.target, site.size) });
    site.marker = L.marker(at, { icon, title, alt: title }).addTo(layer);
    const mark = site.marker.getElement();
    mark.ariaLabel = title;
    connect(mark, site);
    // Leaflet hears the mouse alone; a marker is a button, which keys press too.
    mark.addEventListener("keydown", event => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      open(site, mark);
    });
  }
  write();
}

const apart = (a, b) => a[0] >= b[2] - 1 || a[2] <= b[0] + 1 || a[1] >= b[3] - 1 || a[3] <= b[1] + 1;

// A point of the way from (x, y) to the nearest edge of a box.
function along(x, y, box, part) {
  const [east, south] = [[x, 0, 2], [y, 1, 3]].map(([at, low, high]) => Math.min(Math.max(at, box[low]), box[high]) - at);
  return L.point(x + east * part, y + south * part);
}

// Names where there is room: of sites, the most struck first, then of countries, of cities, the largest first, and of
// places. A site's name leaves the dots of cities free where it can. A city's name may stand off, at the end of a line,
// which leads under the symbol that hides the city; a place stays away, name and all.
function write() {
  names.replaceChildren();
  leads.clearLayers();
  const view = [[0, 0], map.getSize()].map(map.containerPointToLayerPoint, map);
  const taken = spots.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]);
  const frame = map.getContainer().getBoundingClientRect();
  for (const control of document.querySelectorAll(".leaflet-control")) {
    const box = control.getBoundingClientRect(), [x, y] = [view[0].x - frame.x, view[0].y - frame.y];
    taken.push([box.left + x, box.top + y, box.right + x, box.bottom + y]);
  }
  const within = box => box[0] > view[0].x && box[1] > view[0].y && box[2] < view[1].x && box[3] < view[1].y;
  const clear = (box, others = taken) => others.every(other => apart(box, other));
  const fits = box => within(box) && clear(box);
  const around = ({ x, y }) => [x - 3.5, y - 3.5, x + 3.5, y + 3.5];
  const grounds = content.labels.filter(({ kind }) => kind !== "place" || map.getZoom() >= CLOSE)
    .map(label => ({ ...label, point: map.latLngToLayerPoint(label.at) }));
  const largest = content.labels.filter(({ kind }) => kind === "city").slice(0, LARGEST).map(({ name }) => name);
  const cities = grounds.filter(({ kind, point }) => kind === "city" && fits(around(point))).map(({ point }) => around(point));
  const labels = [
    ...spots.map(({ site, x, y, r }) => [site.name, "site", { x, y }, r]),
    ...grounds.map(({ name, kind, point }) => [name, kind, point, kind === "country" ? 0 : 3]),
  ];
  for (const [name, kind, { x, y }, r] of labels) {
    const spot = around({ x, y }), words = taken.slice(spots.length), dot = ["city", "place"].includes(kind) && fits(spot) && spot;
    if (kind === "place" && !dot || kind === "city" && !(within(spot) && clear(spot, words))) continue;
    const steps = box => [0.3, 0.5, 0.7, 1].map(part => around(along(x, y, box, part)));
    const word = element("span", name, names, { className: kind });
    const [w, h] = [word.offsetWidth / 2 + 2, word.offsetHeight / 2 + 1];
    const tries = kind === "country" ? [0, 2, 4, 6].flatMap(n => AROUND.map(([a, b]) => [a * n * 10, b * n * 10]))
      : OFF.slice(0, largest.includes(name) ? OFF.length : kind === "city" ? NEAR : 1).flatMap(n => AROUND.map(([a, b]) => [a * (r + n + w), b * (r + n + h)]));
    const boxes = tries.map(([a, b]) => [x + a - w, y + b - h, x + a + w, y + b + h]);
    const best = { site: box => clear(box, cities), city: box => steps(box).every(step => clear(step, dot ? taken : words)) }[kind];
    const free = best && boxes.find(box => fits(box) && best(box)) || kind !== "city" && boxes.find(fits);
    if (!free) { word.remove(); continue; }
    const end = along(x, y, free, 1);
    if (kind === "city" && (!dot || Math.hypot(end.x - x, end.y - y) > OFF[1])) {
      L.polyline([L.point(x, y), end].map(map.layerPointToLatLng, map), { className: "lead ground", weight: 1, interactive: false }).addTo(leads);
      taken.push(...steps(free));
    }
    taken.push(free);
    if (dot) taken.push(dot);
    Object.assign(word.style, { left: `${free[0] + 2}px`, top: `${free[1] + 1}px` });
    if (dot) element("i", "", names, { className: kind === "place" ? "diamond" : "" }).style.cssText = `left: ${x - 2}px; top: ${y - 2}px`;
  }
}

// --- the list and the card -------------------------------------------------------------------------------------------

// A symbol and its row in the list are lit together, and open the same card.
function connect(part, site) {
  const light = on => [site.row, site.marker?.getElement()].forEach(each => each?.classList.toggle("lit", on));
  for (const [event, on] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) part.addEventListener(event, () => light(on));
  part.addEventListener("click", () => open(site, part));
}

function list() {
  const rows = document.getElementById("sites");
  rows.replaceChildren();
  for (const site of content.sites.filter(site => site.shown.length).sort((a, b) => b.shown.length - a.shown.length)) {
    site.row = element("button", "", element("li", "", rows), { type: "button" });
    symbol(site.target, 14, site.row);
    element("bdi", site.name, site.row);
    element("span", number(site.shown.length), site.row, { className: "number" });
    connect(site.row, site);
  }
  if (!rows.children.length) element("li", "Nothing matches.", rows, { className: "empty" });
}

function open(site, by) {
  card.site = site;
  card.opener = by;
  card.scrollTop = 0;
  card.replaceChildren();
  const head = element("header", "", card);
  element("h2", `${site.name}: ${number(site.shown.length)}`, head, { id: "card-title", tabIndex: -1 });
  element("button", "Close", head, { type: "button" }).addEventListener("click", shut);
  if (site.shown.length < site.attacks.length) element("p", `Of ${number(site.attacks.length)}, those that match the filters.`, card, { className: "muted" });
  for (const attack of site.shown) describe(attack);
  card.show();
  head.firstChild.focus();
  // Into the middle half of what the card leaves of the map; a card as wide as the map lies below it.
  const size = map.getSize(), covered = [card.offsetWidth < size.x ? card.offsetWidth : 0, 0], rim = size.subtract(covered).divideBy(4);
  map.panInside(site.marker.getLatLng(), { paddingTopLeft: rim, paddingBottomRight: rim.add(covered) });
}

function describe(attack) {
  element("a", `${attack.date}, ${attack.weapon}`, element("h3", "", card), { href: `incidents.html#${encodeURIComponent(attack.id)}` });
  if (attack.span) element("p", `Sources give ${attack.span}.`, card);
  if (attack.counts.length) element("p", `${attack.counts.join("; ")}.`, card);
  if (attack.disputed) element("p", `Accounts disagree on ${attack.disputed}.`, card);
  const reports = element("details", "", card);
  element("summary", `${attack.accounts.length} report${attack.accounts.length === 1 ? "" : "s"}`, reports)
    .append(element("span", ` of ${attack.date}`, null, { className: "sr-only" }));
  const list = element("ul", "", reports);
  for (const account of attack.accounts) {
    const item = element("li", "", list);
    if (account.url) element("a", account.source, item, { href: account.url, target: "_blank", rel: "noopener noreferrer" });
    else element("span", account.source, item);
    if (account.note) item.append(`: ${account.note}`);
  }
}

// The focus goes back to where it was; a symbol that was drawn anew meanwhile is found by its site.
function shut() {
  card.close();
  const { site, opener } = card;
  (opener.isConnected ? opener : site.marker?.getElement() ?? site.row)?.focus();
}

function draw() {
  if (card.open) card.close();
  const matches = chosen();
  let total = 0;
  for (const site of content.sites) {
    site.shown = site.attacks.filter(attack => matches(site, attack));
    site.size = 7 * Math.sqrt(site.shown.length);
    site.marker = site.row = null;
    total += site.shown.length;
  }
  place();
  list();
  document.getElementById("shown").textContent = total
    ? `${total} of ${number(attacks.length)} at ${number(content.sites.filter(site => site.shown.length).length, "site")}.`
    : "Nothing matches these filters; Reset shows all.";
}

// All sites; from there the map zooms out no further than its ground fills it.
function fit() {
  map.setMinZoom(0);
  map.fitBounds(content.sites.length ? content.sites.map(site => site.at) : map.options.maxBounds, { padding: [45, 45], maxZoom: 9 });
  map.setMinZoom(Math.min(map.getZoom(), map.getBoundsZoom(map.options.maxBounds, true)));
}

// On paper the map has another size, which is its own before the page is laid out for print.
for (const [event, printed] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => {
  document.body.classList.toggle("printed", printed);
  map.invalidateSize({ animate: false });
  fit();
});

document.addEventListener("keydown", event => { if (event.key === "Escape" && card.open) shut(); });
drawFilters();
fit();
draw();
map.on("viewreset", place); // a zoom, or a pan so long that pixels are counted from elsewhere
map.on("moveend", write);
