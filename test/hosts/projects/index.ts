import { frameworks } from './frameworks.ts';
import { node } from './node.ts';
import { projectHost } from './project.ts';
import { serverless } from './serverless.ts';

/** Every host that runs in its own project. */
export const projectHosts = [...node, ...serverless, ...frameworks].map(projectHost);
