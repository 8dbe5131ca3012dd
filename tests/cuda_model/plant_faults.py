#!/usr/bin/env python3
"""Plants faults in a copy of the sources, one at a time, and says which test on the modelled GPU
notices each. Prints a table in Markdown.

  tests/cuda_model/plant_faults.py FOLDER [NAME...]

FOLDER gets the copy and its build, and may be used again. NAMEs choose among the faults; a name may
be the beginning of several."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

UNCLEAR = "it did not end in time"  # which a busy machine alone can bring about
SCHEDULES = ("early", "late", "random")
STREAMS, STEP = "gpu_streams_test", "gpu_step_test"
SIMT, BATCH = "simt_gpu_test", "gpu_step_test"
CONV, SUMS = "conv_test", "conv_with_sums_test"
BACKEND, BLOCK = "engine/backend_cuda.cpp", "kernels/block.h"
GEMM = "modelled_cublaslt_test"
PRODUCT, ALGORITHM = "engine/cublaslt/operation.cpp", "engine/cublaslt/plan.cpp"
UPLOAD, GRAPH = "tools/run/device_batch.cpp", "engine/cudnn/graph.cpp"

# name, file, what stands there, what stands there with the fault, tests in the order of trial
FAULTS = [
    ("a wait less", BACKEND,
     "    CUDA_CHECK(cudaStreamWaitEvent(cudaStream_t(waiting.stream), event, 0));\n",
     "    (void)waiting;\n", (STREAMS,)),
    ("the event of the wrong stream", BACKEND,
     "cudaEventRecord(event, cudaStream_t(awaited.stream))",
     "cudaEventRecord(event, cudaStream_t(waiting.stream))", (STREAMS,)),
    ("the wait before the record", BACKEND,
     "    CUDA_CHECK(cudaEventRecord(event, cudaStream_t(awaited.stream)));\n"
     "    CUDA_CHECK(cudaStreamWaitEvent(cudaStream_t(waiting.stream), event, 0));\n",
     "    CUDA_CHECK(cudaStreamWaitEvent(cudaStream_t(waiting.stream), event, 0));\n"
     "    CUDA_CHECK(cudaEventRecord(event, cudaStream_t(awaited.stream)));\n", (STREAMS,)),
    ("a host read without synchronising", BACKEND,
     "    CUDA_CHECK(cudaStreamSynchronize(cudaStream_t(queue.stream)));\n", "    (void)queue;\n",
     (STREAMS,)),
    ("another stream synchronised", BACKEND,
     "cudaStreamSynchronize(cudaStream_t(queue.stream))",
     "((void)queue, cudaStreamSynchronize(streams_[5]))",
     (STREAMS,)),
    ("memory given back while work is queued", BACKEND,
     "    cudaDeviceSynchronize();", "    //", (STREAMS, "relu_test")),
    ("a recorded step that is not launched", BACKEND,
     "    launch();  // recording ran nothing\n", "", (STREAMS,)),
    ("copies in the default stream", BACKEND,
     "cudaMemcpyDefault, cudaStream_t(queue.stream)",
     "cudaMemcpyDefault, ((void)queue, nullptr)",
     (STREAMS,)),
    ("half of a copy", BACKEND, "(to, from, bytes, cudaMemcpyDefault",
     "(to, from, bytes / 2, cudaMemcpyDefault", (STREAMS,)),
    ("pinned memory from the device", BACKEND,
     "place == Place::device ? cudaMalloc(&p, wanted)", "true ? cudaMalloc(&p, wanted)", (STREAMS,)),
    ("pinned memory never given back", BACKEND,
     "place == Place::device ? cudaFree(p) : cudaFreeHost(p);",
     "if (place == Place::device) cudaFree(p);", (STREAMS,)),
    ("a byte less than wanted", BACKEND, "const size_t wanted = bytes ? bytes : 1;",
     "const size_t wanted = bytes ? (bytes + 1) / 2 : 1;", (STREAMS,)),
    ("a graph destroyed before its launch", BACKEND,
     "auto launch = [graph] { graph->launch(); };",
     "auto launch = [graph = graph.get()] { graph->launch(); };",
     (STREAMS,)),
    ("a branch that does not wait", "engine/branches.cpp",
     "if (entered_.insert(branch).second) branches_.backend_.wait(queue, forked_);",
     "entered_.insert(branch);", (STEP,)),
    ("branches that are not joined", "engine/branches.cpp",
     "  for (int branch : entered_) branches_.backend_.wait(forked_, branches_.backend_.branch(branch));\n",
     "", (STEP,)),
    ("a branch in another's step memory", "engine/branches.cpp",
     "  branches_.arena_.enter_branch(branch);\n", "  branches_.arena_.enter_branch(0);\n", (STEP,)),
    ("step memory taken again across branches", "engine/arena.cpp",
     "put(branches_open_ ? returned_[own ? branch_ : kTrunk] : free_, offset, piece.size);",
     "(void)own, put(free_, offset, piece.size);", (STEP,)),
    ("step memory without alignment", "engine/arena.cpp",
     "bytes = std::max(kAlignment, aligned(bytes));", "bytes = std::max(size_t(4), bytes);",
     ("relu_test", CONV)),
    ("an upload that the step does not wait for", UPLOAD,
     "    backend_.wait(compute_, copies_);\n    backend_.copy(here_",
     "    backend_.copy(here_", (STEP,)),
    ("the next upload does not wait", UPLOAD,
     "    backend_.wait(copies_, compute_);\n  }\n  keep_pictures", "  }\n  keep_pictures", (STEP,)),
    ("the wrong half of the pixels", UPLOAD, "second_turn_ = incoming_ && !second_turn_;",
     "second_turn_ = false;", (STEP,)),
    ("a batch changed while it is uploaded", UPLOAD,
     "{ backend_.synchronize(copies_); }", "{}", (STEP,)),
    ("losses read too early", "tools/run/training_step.cpp",
     "sizeof narrow, queue);\n    device_.backend().synchronize(queue);", "sizeof narrow, queue);",
     (STEP,)),
    ("shared memory read in the phase that writes it", "tests/support/engine/test_kernels.cu",
     "block.each(kReversed, [&](int i) { tile[i] = in[first + i]; });",
     "block.each(kReversed, [&](int i) { tile[i] = in[first + i] + 0 * tile[kReversed - 1 - i]; });",
     (SIMT,)),
    ("shared memory that is too small", "kernels/image.cu", "Shared<A, 3 * kTile + 1> tile",
     "Shared<A, 3 * kTile - 30> tile", ("image_test",)),
    ("a wrong stride", "kernels/batch_norm.cu",
     "data[(int64_t(chunk) * 3 + kind) * channels + c]",
     "data[(int64_t(chunk) * 2 + kind) * channels + c]", ("batch_norm_test",)),
    ("moments of no rows", "kernels/batch_norm.cu",
     "if (shape.rows == 0) return no_moments(queue, moments);", "if (shape.rows == 0) return;",
     ("batch_norm_test",)),
    ("a row too many", "kernels/upsample.cu",
     "coarse.shape[2])};\n    rows<T>(queue, s[0] * s[1] * s[2], s[3], kernel);",
     "coarse.shape[2])};\n    rows<T>(queue, s[0] * s[1] * s[2] + 1, s[3], kernel);",
     ("upsample_add_test",)),
    ("a gradient added where it is set", "engine/cudnn/graph.cpp",
     "op.set(c.beta, add ? 1.0f : 0.0f);", "op.set(c.beta, 1.0f);", (CONV,)),
    ("a factor for a sum", GRAPH, "op.set(c.alpha, 1.0f);", "op.set(c.alpha, add ? 0.5f : 1.0f);",
     (CONV,)),
    ("an alignment that is not kept", GRAPH, "constexpr int64_t kOperandAlignment = 16;",
     "constexpr int64_t kOperandAlignment = 512;", (CONV,)),
    ("a stride between rows", GRAPH,
     "return {d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]};",
     "return {d[1] * d[2] * d[3], 1, d[1] * d[2], d[1]};", (CONV,)),
    ("the padding of the other side", GRAPH, "Dimensions{s_.pad.top, s_.pad.left}",
     "Dimensions{s_.pad.bottom, s_.pad.right}", (CONV,)),
    ("a mask that passes at its clip", GRAPH,
     "d.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 1e-30);",
     "d.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 0.0);", ("fused_gradients_test",)),
    ("a workspace that is too small", "engine/cudnn/plan.cpp",
     "workspace_ = size_t(plan_.number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));",
     "workspace_ = size_t(plan_.number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) / 2;", (CONV,)),
    ("a library in a stream of before", "engine/cudnn/plan.cpp",
     "  cudnn_check(library.SetStream(device_->handle(), cudaStream_t(queue.stream)), \"cudnnSetStream\");\n",
     "  (void)queue;\n", (CONV, STEP)),
    ("a variant pack of before", "engine/cudnn/plan.cpp", "    bound = bound && pointers_[i] == data;\n",
     "", (CONV, STEP)),
    ("rows of sums without alignment", "engine/conv/candidate.cpp",
     "return aligned(size_t(sums * kernels::size_of(accumulator(shape_.dtype))));",
     "return size_t(sums * kernels::size_of(accumulator(shape_.dtype)));", (SUMS,)),
    ("a library closed after its streams", BACKEND,
     "    convs_.reset();  // cuDNN may still use the streams while it closes\n", "", (CONV,)),
    ("a leading dimension of the other side", PRODUCT, "uint64_t(columns), rows),",
     "uint64_t(columns), columns),", (GEMM,)),
    ("a matrix that is not transposed", PRODUCT, "forward ? CUBLAS_OP_T : CUBLAS_OP_N",
     "CUBLAS_OP_N", (GEMM,)),
    ("a matrix that is not added", PRODUCT, "s.forward.residual || s.accumulate() ? 1 : 0",
     "s.forward.residual ? 1 : 0", (GEMM,)),
    ("parts of a sum in the order in which they are ready", ALGORITHM,
     "uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE)", "uint32_t(CUBLASLT_REDUCTION_SCHEME_MASK)",
     (GEMM,)),
    ("a bias of nobody", ALGORITHM, "  if (o.has_bias) operation_.set_bias(args.bias.data);\n", "",
     (GEMM,)),
    ("half the workspace of a product", ALGORITHM, "workspace_(workspace) {}",
     "workspace_(workspace / 2) {}", (GEMM,)),
    ("a barrier less", BLOCK, "    device::barrier<F>();\n  }\n\n  template <class F> HD void once",
     "  }\n\n  template <class F> HD void once", (SIMT,)),
    ("no barrier behind a read", BLOCK, "    device::barrier<Shared<T, N>>();\n", "",
     ("nms_test", SIMT)),
    ("no barrier between the halves of a sum", BLOCK, "    device::barrier<F, 0>();\n", "", (SIMT,)),
    ("no barrier behind a sum", BLOCK, "    device::barrier<F, 1>();\n", "", (SIMT,)),
    ("a shuffle less", BLOCK, "for (int d = 16; d; d /= 2) v = op(v, device::",
     "for (int d = 8; d; d /= 2) v = op(v, device::", (SIMT,)),
    ("a pack past the end", "kernels/simt.h", "  if (first + V <= n) {\n    auto apply",
     "  if (first < n) {\n    auto apply", (SIMT,)),
]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


class Copy:
    """The sources in a folder of their own, with a build of the tests that faults name."""

    def __init__(self, folder):
        self.root, self.source = pathlib.Path(folder), pathlib.Path(__file__).parents[2]
        names = run(["git", "ls-files"], cwd=self.source, check=True).stdout.split()
        for name in names:
            to = self.root / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if not to.exists() or to.read_bytes() != (self.source / name).read_bytes():
                shutil.copy(self.source / name, to)
        tests = sorted({test for fault in FAULTS for test in fault[4]})
        run(["cmake", "-S", ".", "-B", "build/cuda_model", "-G", "Ninja", "-DSSD_CUDA=MODEL",
             "-DSSD_BENCHMARKS=OFF", f"-DSSD_TEST_ONLY=^({'|'.join(tests)})$"],
            cwd=self.root, check=True)

    def built(self, tests):
        """Nothing, or what the compiler says."""
        made = run(["ninja", "-C", "build/cuda_model", *tests, "cudnn_model", "cublaslt_model"], cwd=self.root)
        errors = re.findall(r"error: .*", made.stdout)
        return "" if made.returncode == 0 else (errors or ["?"])[0]

    def problem(self, test, schedule):
        """How the test failed; nothing if it passed."""
        tests = self.root / "build/cuda_model/tests"
        environment = dict(os.environ, CUDA_MODEL_SCHEDULE=schedule, SSD_TEST_FEW_ROUNDS="1",
                           OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive",
                           LD_LIBRARY_PATH=str(tests))
        try:
            done = run([str(tests / test)], cwd=self.root, env=environment, timeout=300)
        except subprocess.TimeoutExpired:
            return UNCLEAR
        if done.returncode == 0:
            return ""
        said = re.search(r"cuda_model: .*|kernel \S+: 0x.*|cudaError\w+|misaligned access[^\n]*",
                         done.stderr + done.stdout)
        return said.group(0)[:100] if said else "wrong results"

    def noticed(self, tests):
        for test in tests:
            for schedule in SCHEDULES:
                if problem := self.problem(test, schedule):
                    return test, schedule, problem
        return None


def plant(copy, fault):
    name, file, good, bad, tests = fault
    path = copy.root / file
    text = path.read_text()
    if text.count(good) != 1:
        return "the source has changed: plant it anew", ""
    path.write_text(text.replace(good, bad))
    try:
        if failure := copy.built(tests):
            return "it does not compile", failure
        found = copy.noticed(tests)
        if found and found[2] == UNCLEAR:
            return "unclear: {}, {}".format(*found), found[2]
        return ("`{}`, {}".format(*found), found[2]) if found else ("**nobody**", "")
    finally:
        path.write_text(text)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    copy = Copy(sys.argv[1])
    chosen = [f for f in FAULTS if not sys.argv[2:] or f[0].startswith(tuple(sys.argv[2:]))]
    print("| fault | file | who notices | how |\n|---|---|---|---|")
    missed = 0
    for fault in chosen:
        who, how = plant(copy, fault)
        missed += not who.startswith("`")
        how = " ".join(how.split()).replace("|", "\\|")
        print(f"| {fault[0]} | `{fault[1]}` | {who} | {how} |", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
