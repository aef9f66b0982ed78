export { onLongPress } from './long-press';
export { onSwipe } from './swipe';
