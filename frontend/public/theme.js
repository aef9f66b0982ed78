document.documentElement.dataset.theme = localStorage.getItem('mysms.theme') ?? 'system';
