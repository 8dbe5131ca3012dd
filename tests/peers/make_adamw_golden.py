"""Writes tests/golden/adamw_torch.json: 40 updates by torch.optim.AdamW in float64, with a new
gradient and another learning rate each. Needs torch:
    python3 tests/peers/make_adamw_golden.py > tests/golden/adamw_torch.json
The first `decayed` weights are a parameter group with weight decay, the others one without."""
import json
import math

import torch

WEIGHTS, DECAYED, STEPS = 12, 7, 40
RULE = {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-3, "weight_decay": 0.3}


def main():
    torch.manual_seed(1)
    start = torch.randn(WEIGHTS, dtype=torch.float64)
    gradients = torch.randn(STEPS, WEIGHTS, dtype=torch.float64)
    gradients *= torch.logspace(-4, 2, WEIGHTS, dtype=torch.float64)
    rates = [0.05 * (1 + math.cos(math.pi * i / STEPS)) for i in range(STEPS)]

    groups = [start[:DECAYED].clone().requires_grad_(), start[DECAYED:].clone().requires_grad_()]
    optimizer = torch.optim.AdamW(
        [{"params": [groups[0]]}, {"params": [groups[1]], "weight_decay": 0.0}],
        betas=(RULE["beta1"], RULE["beta2"]), eps=RULE["epsilon"],
        weight_decay=RULE["weight_decay"])
    weights = []
    for gradient, rate in zip(gradients, rates):
        groups[0].grad, groups[1].grad = gradient[:DECAYED].clone(), gradient[DECAYED:].clone()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        weights.append(torch.cat([g.detach() for g in groups]).tolist())

    def moment(name):
        return torch.cat([optimizer.state[g][name] for g in groups]).tolist()

    print(json.dumps({"torch": torch.__version__, "decayed": DECAYED, "rule": RULE,
                      "start": start.tolist(), "rates": rates, "gradients": gradients.tolist(),
                      "weights": weights, "first_moment": moment("exp_avg"),
                      "second_moment": moment("exp_avg_sq")}))


if __name__ == "__main__":
    main()
