// Runs before the first paint, so that a dark page never flashes white.
try {
  const chosen = localStorage.getItem("briefqa.theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {
  // Storage is off: the system's colours hold.
}
