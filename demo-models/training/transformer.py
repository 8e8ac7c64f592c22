"""The parts of "Attention Is All You Need" (Vaswani et al. 2017, arXiv:1706.03762)
that the demonstration models are built of.

Modules and parameters are named so that `state_dict` shows the names under
which a GGUF file holds the weights: `attn_q.weight`, `ffn_up.bias` and so on.
Every norm stands after a residual sum.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Scaled dot-product attention with several heads.  `projections` are the
    four linear maps q, k, v and o; they belong to the block, whose names they bear."""

    def __init__(self, heads, width):
        super().__init__()
        self.heads = heads
        self.scale = 1 / math.sqrt(width // heads)

    def forward(self, projections, x, memory, allowed):
        """x [batch, n, width], memory [batch, m, width], allowed broadcastable
        to [batch, heads, n, m] with True where a row may look, or None."""
        q, k, v, o = projections
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (q(x), k(memory), v(memory)))
        scores = q @ k.transpose(-1, -2) * self.scale
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -torch.inf)
        return o((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """One layer: self-attention, with `cross` attention to the encoder's
    output, feed-forward; a residual sum and a norm after each."""

    def __init__(self, config, activation, bias, output_name, cross=False):
        super().__init__()
        width = config.width
        self.output_name, self.activation, self.cross = output_name, activation, cross
        self.attention = Attention(config.heads, width)
        self.dropout = nn.Dropout(config.dropout)
        for name in ("attn_q", "attn_k", "attn_v", output_name):
            setattr(self, name, nn.Linear(width, width, bias=bias))
        self.attn_output_norm = nn.LayerNorm(width, config.norm_epsilon)
        if cross:
            for name in ("cross_attn_q", "cross_attn_k", "cross_attn_v", "cross_attn_o"):
                setattr(self, name, nn.Linear(width, width, bias=bias))
            self.cross_attn_output_norm = nn.LayerNorm(width, config.norm_epsilon)
        self.ffn_up = nn.Linear(width, config.feed_forward)
        self.ffn_down = nn.Linear(config.feed_forward, width)
        self.layer_output_norm = nn.LayerNorm(width, config.norm_epsilon)

    def projections(self, *names):
        return [getattr(self, name) for name in names]

    def forward(self, x, allowed, memory=None, memory_allowed=None):
        own = self.projections("attn_q", "attn_k", "attn_v", self.output_name)
        x = self.attn_output_norm(x + self.dropout(self.attention(own, x, x, allowed)))
        if self.cross:
            other = self.projections("cross_attn_q", "cross_attn_k", "cross_attn_v", "cross_attn_o")
            x = self.cross_attn_output_norm(x + self.dropout(self.attention(other, x, memory, memory_allowed)))
        return self.layer_output_norm(x + self.dropout(self.ffn_down(self.activation(self.ffn_up(x)))))


def sinusoids(positions, width):
    """[positions, width]: element 2i of row p is sin(p / 10000^(2i/width)),
    element 2i+1 the cosine of the same angle (section 3.5 of the paper)."""
    rates = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.outer(torch.arange(positions, dtype=torch.float64), rates)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1).float()


class Stack(nn.Module):
    """The layers of one side."""

    def __init__(self, blocks):
        super().__init__()
        self.blk = nn.ModuleList(blocks)

    def forward(self, x, *context):
        for block in self.blk:
            x = block(x, *context)
        return x


class Translator(nn.Module):
    """Encoder and decoder; one matrix embeds the source, embeds the target and
    gives the logits, and embeddings are multiplied by sqrt(width) (section 3.4)."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocabulary, config.width)
        nn.init.normal_(self.token_embd.weight, std=config.width**-0.5)
        self.enc = Stack(Block(config, F.relu, False, "attn_o") for _ in range(config.layers))
        self.dec = Stack(Block(config, F.relu, False, "attn_o", cross=True) for _ in range(config.layers))
        self.dropout = nn.Dropout(config.dropout)
        self.register_buffer("positions", sinusoids(config.context, config.width), persistent=False)

    def embed(self, tokens):
        x = self.token_embd(tokens) * math.sqrt(self.config.width)
        return self.dropout(x + self.positions[: tokens.shape[1]])

    def encode(self, source):
        """source [batch, m] to hidden states [batch, m, width] and the mask of what is no padding."""
        visible = (source != self.config.padding)[:, None, None, :]
        return self.enc(self.embed(source), visible), visible

    def decode(self, target, memory, visible):
        """target [batch, n], starting with the start token, to logits [batch, n, vocabulary]."""
        n = target.shape[1]
        causal = torch.ones(n, n, dtype=torch.bool).tril()
        x = self.dec(self.embed(target), causal, memory, visible)
        return F.linear(x, self.token_embd.weight)

    def forward(self, source, target):
        return self.decode(target, *self.encode(source))


class Classifier(nn.Module):
    """BERT's encoder (Devlin et al. 2018, arXiv:1810.04805) without token
    types: learned positions, a norm after the embeddings, GELU; the state of
    the first token goes through a dense layer with tanh to the labels."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocabulary, config.width)
        self.position_embd = nn.Embedding(config.context, config.width)
        nn.init.normal_(self.token_embd.weight, std=0.05)
        nn.init.normal_(self.position_embd.weight, std=0.02)
        self.token_embd_norm = nn.LayerNorm(config.width, config.norm_epsilon)
        self.blk = nn.ModuleList(Block(config, F.gelu, True, "attn_output") for _ in range(config.layers))
        self.cls = nn.Linear(config.width, config.width)
        self.cls.output = nn.Linear(config.width, config.labels)
        self.dropout = nn.Dropout(config.dropout)

    def hidden(self, tokens):
        """tokens [batch, n] to [batch, n, width]"""
        visible = (tokens != self.config.padding)[:, None, None, :]
        x = self.token_embd(tokens) + self.position_embd.weight[: tokens.shape[1]]
        x = self.dropout(self.token_embd_norm(x))
        for block in self.blk:
            x = block(x, visible)
        return x

    def forward(self, tokens):
        """tokens [batch, n] to logits [batch, labels]"""
        return self.cls.output(self.dropout(torch.tanh(self.cls(self.hidden(tokens)[:, 0]))))
