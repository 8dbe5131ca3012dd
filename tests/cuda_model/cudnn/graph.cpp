#include "tests/cuda_model/cudnn/graph.h"

#include <algorithm>

namespace cuda_model::cudnn {
namespace {

template <class Do> void for_tensors(const std::vector<Operation>& operations, Do work) {
  for (const Operation& operation : operations) {
    for (const Tensor* t : inputs(operation)) work(*t, false);
    for (const Tensor* t : outputs(operation)) work(*t, true);
  }
}

void check_ids(const std::vector<Operation>& operations) {
  std::map<int64_t, Tensor> seen;
  std::set<int64_t> made, read;
  for_tensors(operations, [&](const Tensor& t, bool output) {
    const auto [entry, first] = seen.emplace(t.id, t);
    require(first || entry->second.is_virtual == t.is_virtual,
            t.name() + " is virtual in one place only");
    expect(first || entry->second == t, "two different tensors have the id of " + t.name());
    if (output) require(made.insert(t.id).second, t.name() + " is made by two operations");
    if (!output) read.insert(t.id);
  });
  for (const auto& [id, t] : seen) {
    expect(t.dims.size() == 4, "the model computes with four dimensions only");
    expect(!t.is_virtual || made.contains(id), t.name() + " is virtual, and nothing makes it");
    expect(!t.is_virtual || read.contains(id), t.name() + " is virtual, and nothing reads it");
  }
}

bool ready(const Operation& operation, const std::set<int64_t>& missing) {
  const auto all = inputs(operation);
  return std::none_of(all.begin(), all.end(),
                      [&](const Tensor* t) { return missing.contains(t->id); });
}

std::vector<Operation> sorted(std::vector<Operation> operations) {
  std::set<int64_t> missing;
  for (const Operation& operation : operations)
    for (const Tensor* t : outputs(operation)) missing.insert(t->id);
  std::vector<Operation> order;
  while (!operations.empty()) {
    const auto next = std::find_if(operations.begin(), operations.end(),
                                   [&](const Operation& o) { return ready(o, missing); });
    require(next != operations.end(), "the operations wait for each other in a circle");
    for (const Tensor* t : outputs(*next)) missing.erase(t->id);
    order.push_back(*next);
    operations.erase(next);
  }
  return order;
}

bool is_convolution(const Operation& o) { return std::holds_alternative<Convolution>(o); }

}  // namespace

std::map<int64_t, Tensor> Graph::tensors() const {
  std::map<int64_t, Tensor> all;
  for_tensors(operations, [&](const Tensor& t, bool) { all.emplace(t.id, t); });
  return all;
}

std::set<int64_t> Graph::given() const {
  std::set<int64_t> ids;
  for_tensors(operations, [&](const Tensor& t, bool) {
    if (!t.is_virtual) ids.insert(t.id);
  });
  return ids;
}

const Convolution& Graph::convolution() const {
  return std::get<Convolution>(*std::find_if(operations.begin(), operations.end(), is_convolution));
}

Graph make_graph(const Descriptor& d) {
  std::vector<Operation> operations;
  for (const Part& part : d.parts(CUDNN_ATTR_OPERATIONGRAPH_OPS)) {
    expect(!part->destroyed, "an operation was destroyed before its graph was finalized");
    expect(part->is<Operation>(), "a graph is made of something that is no operation");
    operations.push_back(part->made<Operation>());
  }
  return checked_graph(std::move(operations));
}

Graph checked_graph(std::vector<Operation> operations) {
  require(!operations.empty(), "a graph without operations");
  check_ids(operations);
  Graph graph{sorted(std::move(operations))};
  expect(std::count_if(graph.operations.begin(), graph.operations.end(), is_convolution) == 1,
         "the model wants one convolution in a graph");
  return graph;
}

}  // namespace cuda_model::cudnn
