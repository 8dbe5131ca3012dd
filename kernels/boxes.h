// Boxes and what is computed with one or two of them, on every device.
#pragma once
#include "kernels/vector_math.h"
#include "kernels/view.h"

namespace kernels {

// Two corners, in the order in which tensors hold them. Any frame: pixels or fractions of the
// image.
template <class A> struct BoxOf {
  A ymin, xmin, ymax, xmax;
  HD A height() const { return ymax - ymin; }
  HD A width() const { return xmax - xmin; }
  friend bool operator==(const BoxOf&, const BoxOf&) = default;
};
using Box = BoxOf<float>;

template <class A> struct CenterSize { A y, x, height, width; };  // of a box: centre and sides
template <class A> struct BoxCode { A y, x, height, width; };     // what the network predicts

template <class T> HD BoxOf<Acc<T>> load_box(const T* p) {
  return {Acc<T>(p[0]), Acc<T>(p[1]), Acc<T>(p[2]), Acc<T>(p[3])};
}
template <class A> HD void store_box(A* p, const BoxOf<A>& b) {
  p[0] = b.ymin, p[1] = b.xmin, p[2] = b.ymax, p[3] = b.xmax;
}

template <class A> HD A smaller(A a, A b) { return a < b ? a : b; }
template <class A> HD A larger(A a, A b) { return a < b ? b : a; }

template <class A> HD A area(const BoxOf<A>& b) { return b.height() * b.width(); }

template <class A> HD A intersection(const BoxOf<A>& a, const BoxOf<A>& b) {
  A height = smaller(a.ymax, b.ymax) - larger(a.ymin, b.ymin);
  A width = smaller(a.xmax, b.xmax) - larger(a.xmin, b.xmin);
  return larger(A(0), height) * larger(A(0), width);
}

// Intersection over union. It is 0 if nothing intersects, also for boxes without area.
template <class A> HD A iou(const BoxOf<A>& a, const BoxOf<A>& b) {
  A common = intersection(a, b);
  A joint = area(a) + area(b) - common;
  return common == A(0) ? A(0) : common / joint;
}

// The same box with ymin <= ymax and xmin <= xmax.
template <class A> HD BoxOf<A> upright(const BoxOf<A>& b) {
  return {smaller(b.ymin, b.ymax), smaller(b.xmin, b.xmax), larger(b.ymin, b.ymax),
          larger(b.xmin, b.xmax)};
}

// Non-maximum suppression's IoU of two upright boxes: 0 if either has no area.
template <class A> HD A suppression_iou(const BoxOf<A>& a, const BoxOf<A>& b) {
  A area_a = area(a), area_b = area(b), common = intersection(a, b);
  A overlap = common / (area_a + area_b - common);
  return area_a <= A(0) || area_b <= A(0) ? A(0) : overlap;
}

template <class A> HD CenterSize<A> center_size(const BoxOf<A>& b) {
  return {b.ymin + b.height() / A(2), b.xmin + b.width() / A(2), b.height(), b.width()};
}

// Scale factors of the box code (Faster R-CNN, section 3.1.2; SSD's "variances" inverted).
struct CodeScales {
  float y = 10, x = 10, height = 5, width = 5;
};

// The code of `box` for `anchor`. Sides grow by 1e-8 first, so a box without area has a code, too.
template <class A> HD BoxCode<A> encode(const BoxOf<A>& box, const BoxOf<A>& anchor, CodeScales s) {
  constexpr A kEpsilon = A(1e-8);
  CenterSize<A> b = center_size(box), a = center_size(anchor);
  a.height += kEpsilon, a.width += kEpsilon, b.height += kEpsilon, b.width += kEpsilon;
  return {(b.y - a.y) / a.height * A(s.y), (b.x - a.x) / a.width * A(s.x),
          portable_log(b.height / a.height) * A(s.height),
          portable_log(b.width / a.width) * A(s.width)};
}

template <class A>
HD BoxOf<A> decode(const BoxCode<A>& code, const BoxOf<A>& anchor, CodeScales s) {
  CenterSize<A> a = center_size(anchor);
  A height = portable_exp(code.height / A(s.height)) * a.height;
  A width = portable_exp(code.width / A(s.width)) * a.width;
  A y = code.y / A(s.y) * a.height + a.y, x = code.x / A(s.x) * a.width + a.x;
  return {y - height / A(2), x - width / A(2), y + height / A(2), x + width / A(2)};
}

template <class A> HD BoxOf<A> clip(const BoxOf<A>& b, const BoxOf<A>& window) {
  auto within = [](A x, A low, A high) { return larger(smaller(x, high), low); };
  return {within(b.ymin, window.ymin, window.ymax), within(b.xmin, window.xmin, window.xmax),
          within(b.ymax, window.ymin, window.ymax), within(b.xmax, window.xmin, window.xmax)};
}

template <class A> HD bool inside(const BoxOf<A>& b, const BoxOf<A>& window) {
  return b.ymin >= window.ymin && b.xmin >= window.xmin && b.ymax <= window.ymax &&
         b.xmax <= window.xmax;
}

template <class A> HD BoxOf<A> scale(const BoxOf<A>& b, A y, A x) {
  return {b.ymin * y, b.xmin * x, b.ymax * y, b.xmax * x};
}

// The box in coordinates in which `window` is [0, 0, 1, 1].
template <class A> HD BoxOf<A> change_frame(const BoxOf<A>& b, const BoxOf<A>& window) {
  A height = window.height(), width = window.width();
  return {(b.ymin - window.ymin) / height, (b.xmin - window.xmin) / width,
          (b.ymax - window.ymin) / height, (b.xmax - window.xmin) / width};
}

}  // namespace kernels
