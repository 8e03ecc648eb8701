(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const get = (id) => document.getElementById(id);
  const [search, standing, area, facilitator, body, count, more, nothing] =
    ["search", "standing", "area", "facilitator", "rows", "count", "more", "nothing"].map(get);
  const lang = document.documentElement.lang, step = 100;
  const words = data.rows.map((row) => (row[0] + " " + data.areas[row[1]]).toLocaleLowerCase(lang));
  const order = new Intl.Collator(lang, { numeric: true });
  const figures = new Intl.NumberFormat(lang);
  const shows = (column) => document.querySelector(`th[data-column="${column}"]`) !== null;
  const visitor = (place) => parseInt(data.by.slice(2 * place, 2 * place + 2), 36);
  let found = [], drawn = 0, column = 4, upwards = true;

  const key = (row) => column === 1 ? data.areas[row[1]] : row[column] ?? null;
  const compare = (i, j) => {
    const a = key(data.rows[i]), b = key(data.rows[j]);
    // Families without a value stand last, whichever way the list is sorted.
    if (a === null || b === null) return (a === null) - (b === null) || i - j;
    const way = typeof a === "string" ? order.compare(a, b) : a - b;
    return (upwards ? way : -way) || i - j;
  };
  const cell = (line, name, value) => {
    const td = line.insertCell();
    td.className = name;
    td.textContent = value === null ? "" : value;
    return td;
  };
  const draw = () => {
    const part = document.createDocumentFragment();
    for (const place of found.slice(drawn, drawn + step)) {
      const row = data.rows[place], line = document.createElement("tr");
      const id = cell(line, "id", row[6] ? null : row[0]);
      if (row[6]) {
        const link = document.createElement("a");
        link.href = "households/" + encodeURIComponent(row[6] === 1 ? row[0] : row[6]) + ".html";
        link.textContent = row[0];
        id.append(link);
      }
      cell(line, "area", data.areas[row[1]]);
      const tag = document.createElement("span");
      tag.className = "tag " + data.codes[row[2]];
      tag.textContent = data.standings[row[2]];
      cell(line, "standing", null).append(tag);
      if (shows(3)) cell(line, "n chance", row[3]);
      if (shows(4)) cell(line, "n rank", row[4] === null ? null : figures.format(row[4]));
      if (shows(5)) cell(line, "n position", row[5] == null ? null : figures.format(row[5]));
      part.append(line);
    }
    drawn = Math.min(drawn + step, found.length);
    body.append(part);
    more.hidden = drawn === found.length;
  };
  const update = () => {
    const wanted = search.value.trim().toLocaleLowerCase(lang);
    found = [];
    data.rows.forEach((row, place) => {
      if ((standing.value === "" || row[2] === +standing.value) && (area.value === "" || row[1] === +area.value) &&
          (!facilitator || facilitator.value === "" || visitor(place) === +facilitator.value) && words[place].includes(wanted)) found.push(place);
    });
    found.sort(compare);
    body.replaceChildren();
    drawn = 0;
    draw();
    nothing.hidden = found.length > 0;
    count.textContent = count.dataset.words.replace("{shown}", figures.format(found.length))
      .replace("{all}", figures.format(data.rows.length));
  };
  for (const head of document.querySelectorAll("th[data-column]")) {
    head.firstElementChild.addEventListener("click", () => {
      const chosen = +head.dataset.column;
      // A first press shows what people look for first: names from A, the best rank, the highest chance.
      upwards = chosen === column ? !upwards : chosen !== 3;
      column = chosen;
      for (const other of document.querySelectorAll("th[data-column]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", upwards ? "ascending" : "descending");
      update();
    });
  }
  search.addEventListener("input", update);
  standing.addEventListener("change", update);
  area.addEventListener("change", update);
  if (facilitator) facilitator.addEventListener("change", update);
  more.addEventListener("click", draw);
  get("clear").addEventListener("click", () => {
    search.value = standing.value = area.value = "";
    if (facilitator) facilitator.value = "";
    update();
    search.focus();
  });
  new IntersectionObserver((seen) => { if (seen[0].isIntersecting && !more.hidden) draw(); }).observe(more);
  update();
})();
