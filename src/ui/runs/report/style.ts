import type { Html } from './html.js';

/** Light and dark, wide and narrow, screen and paper; nothing is fetched from anywhere. */
export const STYLE: Html = {
  html: `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2330;--soft:#5d6778;--line:#dfe3ea;--track:#eceff4;
--ok:#5aa88c;--changed:#e0982f;--failed:#d1393f;--skipped:#a9b1be;--wait:#c3cad6;--accent:#2b62c0;--pre:#f1f3f6}
@media (prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1a2029;--ink:#e4e8ef;--soft:#98a3b5;--line:#2c3542;--track:#242c38;
--ok:#4c9a80;--changed:#dd9a3c;--failed:#ec5f63;--skipped:#5d6778;--wait:#465164;--accent:#84aef5;--pre:#11151b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1280px;margin:0 auto;padding:20px 16px 48px}
h1{font-size:26px;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:18px;margin:0 0 4px}
h3{font-size:15px;margin:18px 0 6px}
p{margin:4px 0}
.soft,.note{color:var(--soft)}
.note{font-size:13px;margin-bottom:12px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin-top:16px}
section.bad{border-color:var(--failed)}
header{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center}
.badge{padding:3px 12px;border-radius:99px;color:#fff;font-weight:600;background:var(--skipped)}
.badge.done,.badge.checked{background:#3d8468}.badge.failed,.badge.killed,.badge.unreachable{background:#c2343a}
.badge.interrupted,.badge.locked,.badge.noend{background:#a86a10}.badge.running{background:#2b62c0}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere}
pre{background:var(--pre);border:1px solid var(--line);border-radius:6px;padding:9px 11px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));gap:10px;margin-top:16px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:9px 14px}
.tile b{display:block;font-size:22px;line-height:1.25;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.tile.warn b{color:var(--changed)}.tile.bad b{color:var(--failed)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:12px;font-weight:600;color:var(--soft);text-align:left;border-bottom:1px solid var(--line);padding:3px 10px 3px 0;white-space:nowrap}
td{padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap}
td.name{overflow-wrap:anywhere;min-width:110px}
td.bar{width:32%;min-width:70px;vertical-align:middle}
td .id{color:var(--soft);font-size:12px}
.meter{height:10px;border-radius:3px;background:var(--accent);min-width:2px}
.wide{overflow-x:auto}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:6px 32px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:6px 0 10px}
.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:5px;vertical-align:-1px}
.s-ok{background:var(--ok)}.s-changed,.s-would-change{background:var(--changed)}.s-failed{background:var(--failed)}
.s-skipped{background:var(--skipped)}.s-wait{background:var(--wait)}
.s-would-change{background:repeating-linear-gradient(45deg,var(--changed) 0 3px,transparent 3px 5px)}
.s-unfinished{background:repeating-linear-gradient(45deg,var(--failed) 0 3px,transparent 3px 6px)}
.zoom{position:absolute;opacity:0;pointer-events:none}
.zooms{display:inline-flex;gap:6px;margin-left:auto;color:var(--soft)}
.zooms label{border:1px solid var(--line);border-radius:6px;padding:0 9px;cursor:pointer}
#z1:checked~.legend label[for=z1],#z4:checked~.legend label[for=z4],#z16:checked~.legend label[for=z16]{border-color:var(--accent);color:var(--accent)}
.zoom:focus-visible~.legend .zooms{outline:2px solid var(--accent);outline-offset:2px}
#z4:checked~.scroll .rows{width:400%}#z16:checked~.scroll .rows{width:1600%}
.row details[open]{white-space:normal;overflow-wrap:anywhere}.row summary{color:inherit;overflow:hidden;text-overflow:ellipsis;font-size:inherit}
.scroll{overflow-x:auto;padding-bottom:4px}
.rows{position:relative;min-width:100%}
.row{display:grid;grid-template-columns:var(--names) minmax(0,1fr);align-items:center}
.row>b{font-size:13px;font-weight:500;position:sticky;left:0;background:var(--card);z-index:2;padding-right:10px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;width:var(--names)}
.row>b.bad{color:var(--failed);font-weight:700}
.track{position:relative;height:22px;background:var(--track);border-bottom:2px solid var(--card);overflow:hidden}
.track label{position:absolute;top:2px;bottom:0;min-width:1px;border-right:1px solid var(--card);overflow:hidden;display:flex;flex-wrap:wrap;align-content:flex-start;cursor:pointer}
.track label::before{content:"";height:100%}
.track label.s-failed,.track label.s-unfinished{top:0;min-width:4px;z-index:1}
.track input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.track label span{flex:none;padding:0 5px;font-size:11px;line-height:20px;white-space:nowrap;color:#10151c;border-radius:3px}
.track .s-would-change span,.track .s-unfinished span{background:var(--card);color:var(--ink)}
.track span i{font-size:0;font-style:normal}
.track label:focus-within{min-width:7px;z-index:2;box-shadow:inset 0 0 0 2px var(--ink),inset 0 0 0 3px var(--card)}
.plays .track{height:26px;background:none}
.plays .track label{border:0;border-left:2px solid var(--accent);bottom:3px;top:0}
.plays label::before{display:none}
.plays .track label span{font-size:12px;line-height:22px;color:var(--ink);max-width:100%;overflow:hidden;text-overflow:ellipsis}
@media screen{.track label:hover span,.track input:focus~span,.plays .track label:hover span,.plays .track input:focus~span{position:fixed;z-index:9;left:0;right:0;bottom:0;max-width:none;padding:11px 16px calc(11px + env(safe-area-inset-bottom));border-radius:0;background:var(--ink);color:var(--card);font-size:15px;line-height:1.4;white-space:normal;overflow-wrap:anywhere;text-align:center;pointer-events:none}
.track label:hover span{z-index:10}
.track label:hover i,.track input:focus~span i{font-size:inherit}}
.axis .track{height:20px;background:none;overflow:visible}
.axis span{position:absolute;font-size:11px;color:var(--soft);border-left:1px solid var(--line);padding-left:4px;height:20px;white-space:nowrap}
.path{display:flex;height:26px;border-radius:5px;overflow:hidden;background:var(--track);margin:8px 0 12px}
.path i{min-width:0;border-right:1px solid var(--card)}
details summary{cursor:pointer;color:var(--accent);font-size:13px}
.fail{border-left:4px solid var(--failed);padding-left:12px;margin-top:14px}
.fail.warn{border-color:var(--changed)}
.hint{background:var(--pre);border-radius:6px;padding:7px 11px;margin:6px 0}
.add{color:#2f8a5f}.del{color:var(--failed)}
footer{color:var(--soft);font-size:13px;margin-top:20px;overflow-wrap:anywhere}
main{--names:190px}
@media (max-width:640px){main{padding:14px 10px 32px;--names:92px}h1{font-size:21px}section{padding:12px 11px;border-radius:8px}.row>b{font-size:12px;padding-right:6px}
td.bar,th.bar,td.play,th.play{display:none}th,td{padding-right:7px}th,th.n{white-space:normal;vertical-align:bottom}td.name{min-width:76px}.grid2>div{min-width:0}.tiles{grid-template-columns:repeat(3,1fr);gap:6px}.tile{padding:7px 9px}.tile b{font-size:18px}body{font-size:14px}.plays .track label span{font-size:11px}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--track:#eee;--ok:#5aa88c;--changed:#e0982f;--failed:#d1393f;--skipped:#a9b1be;--wait:#c3cad6;--accent:#2b62c0;--pre:#f5f5f5}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{font-size:11px}main{max-width:none;padding:0;--names:140px}
section{border:0;border-top:1px solid #999;border-radius:0;padding:10px 0;margin-top:10px}.zooms{display:none}
.scroll,.wide{overflow:visible}.rows{width:100%!important}.row,tr,.tile,.fail{break-inside:avoid}h2,h3{break-after:avoid}.track{height:15px}.track label span{font-size:8px;line-height:13px;padding:0 2px}pre{font-size:9.5px}
details>*{display:block}details::details-content{content-visibility:visible}.row>b{white-space:normal}.row summary{display:none}@page{margin:14mm 12mm}}
`,
};
