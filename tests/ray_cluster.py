"""A Ray cluster of several nodes on this machine, by its own processes: `python ray_cluster.py CPUS...`; "kill" removes the last node."""

import sys

if __name__ == "__main__":
    from ray.cluster_utils import Cluster

    first, *others = [int(cpus) for cpus in sys.argv[1:]]
    memory = {"object_store_memory": 100 << 20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": first, "include_dashboard": False, **memory})
    nodes = [cluster.add_node(num_cpus=cpus, **memory) for cpus in others]
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "kill":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
            print("killed", flush=True)
    cluster.shutdown()
