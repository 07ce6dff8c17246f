# %% [markdown] lang="en"
# A recurrent network (RNN) reads a sentence token by token and keeps what it has read in one vector, the **state**. The plain RNN
# (Elman 1990) has one formula for every step:
#
# $$h_t = \tanh(x_t W + h_{t-1} U + b)$$
#
# $x_t$ is the vector of token $t$, $h_{t-1}$ the state before it, $h_t$ the new state. $W$, $U$ and $b$ are the same at each
# step. Before the first token the state is zero.
#
# Write, in Paddle, `rnn_step`, which computes one step for a batch, and `rnn`, which calls it for each token in turn. `rnn`
# returns the states after all tokens, `[B, S, H]`: `B` sentences, `S` tokens, states of `H` numbers; a token's vector has `D`
# numbers. Take these sizes from the shapes of the arguments. (Use a loop, not `paddle.nn.SimpleRNN`.)

# %% [markdown] lang="zh"
# 循环神经网络（RNN）逐个词元地读句子，把读过的内容保存在一个向量里，叫做**状态**。普通的 RNN（Elman 1990）每一步都用同一个公式：
#
# $$h_t = \tanh(x_t W + h_{t-1} U + b)$$
#
# $x_t$ 是第 $t$ 个词元的向量，$h_{t-1}$ 是之前的状态，$h_t$ 是新的状态。每一步的 $W$、$U$、$b$ 都相同。
# 读第一个词元之前，状态是零向量。
#
# 请用 Paddle 写出 `rnn_step` 和 `rnn`：前者对一批句子计算一步，后者依次对每个词元调用它。`rnn` 返回读完每个词元后的状态，
# 形状为 `[B, S, H]`：`B` 个句子，`S` 个词元，状态有 `H` 个数；词元的向量有 `D` 个数。
# 这些大小要从参数的形状得到。（请用循环，不要用 `paddle.nn.SimpleRNN`。）

# %%
import paddle


def rnn_step(x, state, W, U, b):
    """x: float32 [B, D], state: float32 [B, H], W: [D, H], U: [H, H], b: [H] -> new state: float32 [B, H]"""
    ### BEGIN SOLUTION
    from_token = paddle.matmul(x, W)  # [B, D] x [D, H] -> [B, H]
    from_past = paddle.matmul(state, U)  # [B, H] x [H, H] -> [B, H]
    total = from_token + from_past + b
    new_state = paddle.tanh(total)
    return new_state
    ### END SOLUTION


def rnn(inputs, W, U, b):
    """inputs: float32 [B, S, D], W: [D, H], U: [H, H], b: [H] -> states: float32 [B, S, H]"""
    ### BEGIN SOLUTION
    batch, length = inputs.shape[:2]
    state = paddle.zeros([batch, b.shape[0]])  # [B, H]
    states = []
    for t in range(length):
        state = rnn_step(inputs[:, t], state, W, U, b)
        states.append(state)
    return paddle.stack(states, axis=1)  # S x [B, H] -> [B, S, H]
    ### END SOLUTION


# %% [markdown] lang="en"
# Now change the first token only. The table shows how much the result at each position changes: for the RNN, and for a layer
# that computes each position for itself, `tanh(x W + b)`.

# %% [markdown] lang="zh"
# 现在只改变第一个词元。下表显示每个位置的结果改变了多少：一列是 RNN，另一列是各个位置独立计算的层 `tanh(x W + b)`。

# %%
paddle.seed(0)
B, S, D, H = 1, 8, 6, 5
W, U, b = 0.4 * paddle.randn([D, H]), 0.4 * paddle.randn([H, H]), 0.1 * paddle.randn([H])
inputs = paddle.randn([B, S, D])
changed = inputs.clone()
changed[:, 0] = paddle.randn([B, D])

difference = (rnn(changed, W, U, b) - rnn(inputs, W, U, b)).abs().max(axis=-1)[0]
alone = (paddle.tanh(changed @ W + b) - paddle.tanh(inputs @ W + b)).abs().max(axis=-1)[0]
print("position      RNN    each for itself")
for t in range(S):
    print(f"{t:8} {float(difference[t]):8.4f} {float(alone[t]):18.4f}")

# %% [markdown] lang="en"
# In the RNN every later state changes, so step $t$ must wait for step $t - 1$: the positions of one sentence cannot be
# computed at the same time. In the other layer they can, but no position knows the others. Self-attention (chapter 2) has
# both: every position sees all others, and all are computed by a few matrix products. The table also shows that the first
# token's influence fades with the distance; LSTM and GRU networks were designed to weaken this effect.

# %% [markdown] lang="zh"
# 在 RNN 里，后面的每个状态都变了，所以第 $t$ 步必须等第 $t - 1$ 步：同一个句子的各个位置不能同时计算。另一种层可以同时计算，
# 但各个位置互不知情。自注意力（第 2 章）两者兼得：每个位置都能看到所有其他位置，又只需几次矩阵乘法就能全部算出。
# 从表中还能看到，距离越远，第一个词元的影响越弱；LSTM 和 GRU 就是为了减轻这个问题而设计的。
