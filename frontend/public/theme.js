// Reading the storage throws where it is blocked or absent: then the theme is that of the system.
let theme;
try {
  theme = localStorage.getItem('mysms.theme');
} catch {}
document.documentElement.dataset.theme = theme ?? 'system';
