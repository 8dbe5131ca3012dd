"use strict";
// Sorts tables by a click on their heads, and filters them. The page is whole without it. Pages are
// also XML, so this file has no ampersand and no less-than sign.

// What a cell is sorted by. Numbers come before texts, and empty cells last.
const NUMBER = 0, TEXT = 1, EMPTY = 2;
const keyOf = (cell, inNumbers) => {
  const text = (cell.dataset.k ?? cell.textContent).trim();
  if (text === "" || text === "-") return { kind: EMPTY };
  // A number may have commas, and a unit behind a blank.
  const plain = inNumbers ? text.replaceAll(",", "").replace(/\s.*|%$/, "") : text;
  const number = plain === "" ? NaN : Number(plain);
  return Number.isNaN(number) ? { kind: TEXT, text } : { kind: NUMBER, number };
};
const compare = (a, b, direction) => {
  if (a.kind === EMPTY || b.kind === EMPTY) return a.kind - b.kind;
  if (a.kind !== b.kind) return direction * (a.kind - b.kind);
  return direction * (a.kind === NUMBER ? Math.sign(a.number - b.number) || 0
    : a.text.localeCompare(b.text, "en", { numeric: true }));
};
const sortBy = (table, head, column) => {
  const body = table.tBodies[0], inNumbers = head.className === "n";
  const sorted = head.getAttribute("aria-sort");  // the first click shows the largest numbers first
  const direction = sorted ? (sorted === "ascending" ? -1 : 1) : inNumbers ? -1 : 1;
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column], inNumbers) }));
  rows.sort((a, b) => compare(a.key, b.key, direction));
  rows.forEach(({ row }) => body.append(row));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
};
for (const table of document.querySelectorAll("table.sorts"))
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.tabIndex = 0;
    head.addEventListener("click", () => sortBy(table, head, column));
    head.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      sortBy(table, head, column);
    });
  });
for (const field of document.querySelectorAll("input.filter"))
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of field.nextElementSibling.querySelectorAll("tbody tr"))
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
