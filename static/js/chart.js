// Draws every <div class="chart" data-chart="id"> from the Plotly figure in <script type="application/json" id="id">.
// A colour is written in the figure as a token of app.css or Tabler, "--tone-good" say, and follows the theme.
(() => {
  const probe = document.createElement('i');
  probe.hidden = true;
  const pixel = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
    .getContext('2d', { willReadFrequently: true });
  // Colours are color-mix() and oklch() chains, which Plotly can't read: paint one pixel and take its bytes.
  const colour = token => {
    const [name, part] = token.split('/');
    probe.style.color = '';
    probe.style.color = `var(${name})`;
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = getComputedStyle(probe).color;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
    return part ? `rgba(${red},${green},${blue},${Number(part) / 100})` : `rgb(${red},${green},${blue})`;
  };
  const painted = value => {
    if (typeof value === 'string') {
      const token = value.startsWith('var(--') ? value.slice(4, -1) : value;
      return token.startsWith('--') ? colour(token) : value;
    }
    if (Array.isArray(value)) return value.map(painted);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, painted(inner)]));
    }
    return value;
  };
  const axis = given => ({
    gridcolor: '--tblr-border-color', linecolor: '--tblr-border-color', zerolinecolor: '--tblr-border-color',
    fixedrange: true, automargin: true, ...given,
  });

  const draw = box => {
    const source = document.getElementById(box.dataset.chart);
    if (!source || !window.Plotly) return;
    const figure = JSON.parse(source.textContent);
    const given = figure.layout || {};
    const layout = {
      margin: { l: 44, r: 12, t: 12, b: 32 }, hovermode: 'x unified', showlegend: (figure.data || []).length > 1,
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
      colorway: ['--tblr-indigo', '--tblr-azure', '--tblr-teal', '--tblr-yellow', '--tblr-orange', '--tblr-purple'],
      hoverlabel: { bgcolor: '--tblr-bg-surface', bordercolor: '--tblr-border-color', font: { color: '--tblr-body-color' } },
      legend: { orientation: 'h', y: 1.12, x: 0 },
      ...given,
      font: { family: 'Inter Var, sans-serif', size: 12, color: '--tblr-secondary', ...given.font },
    };
    Object.keys({ xaxis: 1, yaxis: 1, ...given }).filter(key => /^[xy]axis\d*$/.test(key)).forEach(key => {
      layout[key] = axis({ ...(key.startsWith('x') ? { showgrid: false } : { zeroline: false }), ...given[key] });
    });
    window.Plotly.react(box, painted(figure.data || []), painted(layout), { displayModeBar: false, responsive: true });
    box.dataset.drawn = 'yes';
  };
  const drawAll = () => document.querySelectorAll('[data-chart]').forEach(draw);

  document.addEventListener('DOMContentLoaded', () => {
    document.body.append(probe);
    drawAll();
  });
  document.addEventListener('theme', () => { if (probe.isConnected) drawAll(); });
  document.addEventListener('htmx:afterSwap', drawAll);
  // A chart in a hidden pane has no width: draw it when its pane is shown.
  document.addEventListener('shown.bs.tab', drawAll);
})();
