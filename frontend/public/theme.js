// Nothing is stored where storage is blocked or absent: then it throws, and the system's theme stays.
let theme;
try {
  theme = localStorage.getItem('mysms.theme');
} catch {}
document.documentElement.dataset.theme = theme ?? 'system';
