import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/documentation.js';

const read = (path: string) => readFileSync(`${ROOT}examples/${path}`, 'utf8');
const manifest = (name: string) => parse(read(`kubernetes/${name}.yaml`));

/** What open requests have after the listener closed, in seconds. */
const GRACE_SECONDS = 10;

describe('the manifests of examples/kubernetes fit together', () => {
  const deployment = manifest('deployment');
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const labels = deployment.spec.template.metadata.labels;

  it('select the pods of the deployment, and scale it', () => {
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(manifest('service').spec.selector).toEqual(labels);
    expect(manifest('pod-disruption-budget').spec.selector.matchLabels).toEqual(labels);
    expect(manifest('network-policy').spec.podSelector.matchLabels).toEqual(labels);
    expect(manifest('horizontal-pod-autoscaler').spec.scaleTargetRef).toEqual({
      apiVersion: deployment.apiVersion,
      kind: deployment.kind,
      name: deployment.metadata.name,
    });
  });

  it('mount the configuration where the image reads it, and name one port of it', () => {
    const config = manifest('config-map');
    const { mountPath } = container.volumeMounts.find(({ name }: { readonly name: string }) => name === 'config');
    const [file = ''] = Object.keys(config.data);
    expect(read('docker/Dockerfile')).toContain(`"--config", "${mountPath}/${file}"`);
    expect(pod.volumes.map(({ configMap, secret }: Volume) => configMap?.name ?? secret?.secretName)).toEqual([
      config.metadata.name,
      manifest('secret').metadata.name,
    ]);
    const { containerPort, name } = container.ports[0];
    expect(parse(config.data[file]).listen.port).toBe(containerPort);
    const used = [
      manifest('service').spec.ports[0].targetPort,
      manifest('network-policy').spec.ingress[0].ports[0].port,
      ...['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => container[probe].httpGet.port),
    ];
    expect(new Set(used)).toEqual(new Set([name]));
  });

  it('restart a process only when it does not answer at all', () => {
    expect(container.livenessProbe.httpGet.path).toBe('/livez');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
  });
});

interface Volume {
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}

describe('examples/docker/compose.yaml', () => {
  const { services } = parse(read('docker/compose.yaml'), { merge: true });

  it('has the gateways trust the address of nginx, which names them', () => {
    const { trust_proxy } = parse(read('docker/config/gateway.yaml'));
    expect(trust_proxy).toEqual([`${services.nginx.networks.front.ipv4_address}/32`]);
    const named = [...read('nginx/nginx.conf').matchAll(/^ +server ([\w-]+):4000/gm)].map(([, name]) => name);
    expect(Object.keys(services)).toEqual(expect.arrayContaining(named));
    expect(named).toHaveLength(2);
  });
});

it('every deployment waits longer for a stop than the gateway needs', () => {
  const deployments = [
    {
      yaml: manifest('config-map').data['gateway.yaml'],
      seconds: manifest('deployment').spec.template.spec.terminationGracePeriodSeconds,
    },
    {
      yaml: read('docker/config/gateway.yaml'),
      seconds: findSeconds('docker/compose.yaml', /stop_grace_period: (\d+)s/),
    },
    {
      yaml: read('systemd/gateway.yaml'),
      seconds: findSeconds('systemd/delegation-gateway.service', /^TimeoutStopSec=(\d+)s/m),
    },
  ];
  for (const { yaml, seconds } of deployments) {
    const drainSeconds = parse(yaml).listen.drain_seconds ?? 0;
    expect(seconds).toBeGreaterThan(drainSeconds + GRACE_SECONDS);
  }
});

function findSeconds(path: string, pattern: RegExp): number {
  return Number(pattern.exec(read(path))?.[1]);
}
