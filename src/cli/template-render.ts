import { kindOfTemplates } from '../config/template-kinds.ts';
import type { Template } from '../templates/template.ts';
import { withArgocd } from './argocd.ts';
import { formatted } from './formatted.ts';
import { type CommandIo, exitCode } from './io.ts';
import { configOf, requireNamed } from './loaded-config.ts';
import type { TemplateRenderOptions } from './options.ts';
import { parseAddress, type RenderContext, renderFor } from './rendering.ts';
import { openSource } from './source.ts';

/** `herald template render`: prints what a service would get, sends nothing; 1 where JSON of it is broken. */
export async function renderTemplates(options: TemplateRenderOptions, io: CommandIo): Promise<number> {
  const address = parseAddress(options.recipient);
  const source = openSource(options.source, io);
  try {
    const loaded = await source.config('given');
    const config = configOf(loaded, options.source.secretName);
    const templates = options.templates.map((name) => requireNamed<Template>(config, 'template', name, io));
    const application = await source.application(options.application, kindOfTemplates(templates, config));
    const appProject = (await source.appProject(application)) ?? {};
    const { shown, isBroken } = await withArgocd(
      { config, loaded, source, options: options.source },
      io,
      (argocd) => {
        const context: RenderContext = { config, loaded, application, appProject, argocd, io };
        return renderFor(address, templates, context);
      },
    );
    io.stdout(formatted(shown, options.output));
    return isBroken ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}
