// The memory that a plan is executed on.
#include "tests/cuda_model/cudnn/execute.h"
#include "tests/cuda_model/cudnn/plan.h"

namespace cuda_model::cudnn {
namespace {

constexpr uintptr_t kWorkspaceAlignment = 16;  // bytes

struct Extent {
  uintptr_t begin, end;
  bool meets(const Extent& other) const { return begin < other.end && other.begin < end; }
};

Extent extent(const void* data, int64_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  return {begin, begin + uintptr_t(bytes)};
}

void check_place(const std::string& name, const void* data, int64_t bytes, int64_t alignment) {
  expect(data, name + " has no memory");
  expect(is_device_pointer(data), name + " is not in a device's memory");
  expect(int64_t(bytes_behind(data)) >= bytes, name + " does not fit into its memory");
  expect(reinterpret_cast<uintptr_t>(data) % uintptr_t(alignment) == 0,
         name + " is not aligned as declared");
}

void check_tensors(const Graph& graph, const VariantPack& pack) {
  const auto given = graph.given();
  for (int64_t id : given)
    expect(pack.memory.contains(id), "the variant pack lacks tensor " + std::to_string(id));
  for (const auto& [id, data] : pack.memory)
    expect(given.contains(id), "the graph has no tensor " + std::to_string(id) + " in memory");
  const auto tensors = graph.tensors();
  for (int64_t id : given) {
    const Tensor& t = tensors.at(id);
    check_place(t.name(), pack.memory.at(id), t.bytes(), t.alignment);
  }
}

bool made(const Graph& graph, int64_t id) {
  for (const Operation& operation : graph.operations)
    for (const Tensor* t : outputs(operation))
      if (t->id == id) return true;
  return false;
}

// Whether each value is read only where the value of the same place is made.
bool elementwise(const Graph& graph, const Tensor& read) {
  for (const Operation& operation : graph.operations)
    for (const Tensor* t : inputs(operation))
      if (t->id == read.id && !std::holds_alternative<Pointwise>(operation)) return false;
  return true;
}

// A result may lie on an operand only if a kernel can read each value before it writes it.
void check_overlaps(const Graph& graph, const VariantPack& pack, const Extent& workspace) {
  const auto tensors = graph.tensors();
  for (const auto& [id, data] : pack.memory) {
    const Tensor& t = tensors.at(id);
    const Extent e = extent(data, t.bytes());
    expect(!e.meets(workspace), t.name() + " lies on the workspace");
    if (!made(graph, id)) continue;
    for (const auto& [other_id, other_data] : pack.memory) {
      const Tensor& other = tensors.at(other_id);
      if (other_id == id || !e.meets(extent(other_data, other.bytes()))) continue;
      const bool same = data == other_data && t.dims == other.dims && t.strides == other.strides &&
                        t.type == other.type;
      expect(same && !made(graph, other_id) && elementwise(graph, other),
             t.name() + " is made where " + other.name() + " lies");
    }
  }
}

}  // namespace

VariantPack make_variant_pack(const Descriptor& d) {
  const auto ids = d.list<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = d.list<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  require(ids.size() == pointers.size(), "not as many pointers as ids");
  VariantPack pack;
  for (size_t i = 0; i < ids.size(); ++i)
    expect(pack.memory.emplace(ids[i], pointers[i]).second,
           "tensor " + std::to_string(ids[i]) + " is given twice");
  pack.workspace = d.value<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  return pack;
}

void execute(cudnnHandle_t handle, const Plan& plan, const VariantPack& pack) {
  const HandleInUse use(handle);
  expect(handle->device == plan.device, "a plan runs on another device");
  const Graph& graph = plan.configuration.graph;
  const int64_t bytes = plan.configuration.workspace();
  check_tensors(graph, pack);
  if (bytes) check_place("the workspace", pack.workspace, bytes, kWorkspaceAlignment);
  check_overlaps(graph, pack, extent(pack.workspace, bytes));
  if (plan.configuration.engine->fault == Engine::Fault::fails)
    if (!waits_instead() || cudaStreamSynchronize(handle->stream) != cudaSuccess)
      refuse(CUDNN_STATUS_EXECUTION_FAILED, "the engine fails after all");
  const cudaError_t status = enqueue(
      handle->stream,
      [configuration = plan.configuration, memory = pack.memory, workspace = pack.workspace] {
        execute(configuration, memory, workspace);
      },
      plan.configuration.name());
  if (status != cudaSuccess)
    refuse(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the work could not be queued");
}

}  // namespace cuda_model::cudnn
