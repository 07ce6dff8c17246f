# %% [markdown] lang="en"
# Fine-tuning starts with a small learning rate, raises it linearly to its peak (warm-up), then lowers it linearly to 0 (decay).
# At the start the classification head is random and Adam has seen few gradients, so large steps would damage the pretrained
# weights.
#
# With $T$ training steps in all, $W$ of them for the warm-up, and $s$ the number of the step, counted from 0:
#
# $$\text{lr}(s) = \text{peak} \cdot \begin{cases} s / W & s < W \\ (T - s) / (T - W) & W \le s < T \\ 0 & s \ge T \end{cases}$$
#
# Write `learning_rate_at`. One step is one batch, so $T$ is `epochs * steps_per_epoch`. $W$ is $T$ times `warmup_proportion`,
# rounded down to an integer. `warmup_proportion` is at least 0 and less than 1; with 0 there is no warm-up, and step 0 has the
# peak. The demo compares your values with those of PaddleNLP's `LinearDecayWithWarmup` and draws them.

# %% [markdown] lang="zh"
# 微调开始时学习率很小，先线性升到峰值（预热），再线性降到 0（衰减）。
# 刚开始时，分类层是随机的，Adam 见过的梯度也很少，这时步子太大会破坏预训练得到的权重。
#
# 设训练总步数为 $T$，其中预热 $W$ 步，步的编号 $s$ 从 0 开始：
#
# $$\text{lr}(s) = \text{peak} \cdot \begin{cases} s / W & s < W \\ (T - s) / (T - W) & W \le s < T \\ 0 & s \ge T \end{cases}$$
#
# 请写出 `learning_rate_at`。一步就是一批数据，所以 $T$ 等于 `epochs * steps_per_epoch`。
# $W$ 是 $T$ 乘以 `warmup_proportion`，向下取整。`warmup_proportion` 大于等于 0 且小于 1；等于 0 时没有预热，第 0 步就是峰值。
# 演示部分会把你的值与 PaddleNLP 的 `LinearDecayWithWarmup` 比较，并画出曲线。

# %%
import matplotlib.pyplot as plt
from paddlenlp.transformers import LinearDecayWithWarmup

from app.course import save_picture


def learning_rate_at(step, peak, epochs, steps_per_epoch, warmup_proportion):
    """step: int, from 0; peak: float -> float, the learning rate of this step"""
    ### BEGIN SOLUTION
    total_steps = epochs * steps_per_epoch
    warmup_steps = int(total_steps * warmup_proportion)
    if step < warmup_steps:
        return peak * step / warmup_steps
    remaining = max(0, total_steps - step)
    return peak * remaining / (total_steps - warmup_steps)
    ### END SOLUTION


# %%
peak, epochs, steps_per_epoch = 5e-5, 3, 40
steps = list(range(epochs * steps_per_epoch + 10))
rates = [learning_rate_at(step, peak, epochs, steps_per_epoch, 0.1) for step in steps]
for step in (0, 1, 11, 12, 13, 66, 119, 120, 129):
    print(f"step {step:3}: {rates[step]:.2e}")

scheduler = LinearDecayWithWarmup(peak, epochs * steps_per_epoch, 0.1)
library = []
for _ in steps:
    library.append(scheduler.get_lr())
    scheduler.step()
print(f"largest difference from PaddleNLP: {max(abs(ours - theirs) for ours, theirs in zip(rates, library)):.1e}")
print(f"mean of the 120 steps: {sum(rates[:120]) / 120 / peak:.2f} of the peak")

# %%
figure, axes = plt.subplots(figsize=(6, 3))
axes.plot(steps, rates)
for epoch in range(1, epochs + 1):
    axes.axvline(epoch * steps_per_epoch, color="lightgray", zorder=0)
axes.set(xlabel="step (gray: end of an epoch)", ylabel="learning rate", title="10 % warm-up")
save_picture(figure, "7_2_schedule.svg")
plt.close(figure)
