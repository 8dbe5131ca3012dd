"use strict";
// Sorts tables by a click on their heads, and filters them. The page is whole without it.
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.tabIndex = 0;
    let direction = head.className === "n" ? -1 : 1;
    const key = (row) => row.cells[column].dataset.k ?? row.cells[column].textContent;
    const sort = () => {
      const rows = [...body.rows];
      rows.sort((a, b) => direction * key(a).localeCompare(key(b), "en", { numeric: true }));
      if (head.className.startsWith("n"))
        rows.sort((a, b) => direction * (parseFloat(key(a)) - parseFloat(key(b))) || 0);
      rows.forEach((row) => body.append(row));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      direction = -direction;
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
}
for (const field of document.querySelectorAll("input.filter"))
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of field.nextElementSibling.querySelectorAll("tbody tr"))
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
