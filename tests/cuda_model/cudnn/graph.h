// A graph of operations, in an order in which they can be carried out.
#pragma once
#include <map>
#include <set>

#include "tests/cuda_model/cudnn/operation.h"

namespace cuda_model::cudnn {

struct Graph {
  std::vector<Operation> operations;  // what makes a tensor comes before what reads it

  // Every tensor by its id.
  std::map<int64_t, Tensor> tensors() const;
  // The ids of tensors that the caller has to give: all that are not virtual.
  std::set<int64_t> given() const;
  const Convolution& convolution() const;  // its only one
};

Graph make_graph(const Descriptor&);
// Sorts the operations, and refuses and notices what is inconsistent.
Graph checked_graph(std::vector<Operation>);

// As text, which graph_from(text) reads and checks. Throws std::exception for other text.
std::string text_of(const Graph&);
Graph graph_from(const std::string& text);

}  // namespace cuda_model::cudnn
